/** The four images of two pixels, by their numbers: bit 0 is the first pixel, bit 1 the second. */
const PAIRS = ['both paper', 'first inked', 'second inked', 'both inked'] as const;

/** The interface words of Learn in English; another language is one more file of this form, named in words.ts. */
export const english = {
  room: 'Learn',
  contents: 'Contents',
  chapter: (number: number, of: number) => `Chapter ${number} of ${of}`,
  minutes: (minutes: number) => `${minutes} min`,
  parts: {
    model: 'What a model is',
    one: 'One variable',
    many: 'Many variables',
    assumptions: 'Assumptions',
    networks: 'Networks of variables',
    learning: 'Learning from data',
    neural: 'Neural models',
    use: 'Use',
  },
  beats: { puzzle: 'Puzzle', predict: 'Predict', do: 'Do', name: 'Name', use: 'Use' },
  tryAgain: 'Try again',
  cancel: 'Cancel',
  fetchingDigits: 'Fetching the digits …',
  lead: 'The opening of a course on deep generative models, to be done rather than read. Take the chapters in any order; every number is computed while you read it.',
  loading: 'Fetching the chapter …',
  unknownChapter: 'There is no chapter of this address.',
  next: 'Next',
  previous: 'Before',
  progress: (solved: number, of: number) => `${solved} of ${of} exercises solved`,
  resetChapter: 'Forget what I did in this chapter',
  resetAll: 'Forget what I did in all chapters',
  askChapter: 'Forget your answers in this chapter?',
  askAll: 'Forget your answers in all chapters?',
  forTeachers: 'For teachers: links, embedding, hand-in codes',
  figure: {
    reset: 'Reset',
    show: 'To the figure',
    link: 'Copy link',
    copied: 'Link copied',
    notCopied: 'The browser did not allow copying: the link is in the address bar.',
    present: 'Present',
    leave: 'Leave full screen',
    embed: 'Embed',
    open: 'Open in Inkling',
    missing: 'This figure is not part of the chapter.',
  },
  predict: {
    unsure: 'I don’t know',
    commit: 'Commit',
    choose: 'Choose an answer, or say that you don’t know.',
    number: 'Your estimate',
    said: (answer: string) => `You said: ${answer}`,
    right: 'As you said.',
    wrong: 'Not what you said.',
    revealed: 'Here is what happens.',
  },
  exercise: {
    title: (number: number) => `Exercise ${number}`,
    answer: 'Your answer',
    check: 'Check',
    hint: 'Hint',
    right: 'Right.',
    wrong: 'Not yet.',
    other: 'Other numbers',
    code: 'Hand-in code',
    copy: 'Copy code',
    copied: 'Code copied',
    notCopied: 'The browser did not allow copying: select the code instead.',
    solved: 'Solved',
  },
  goal: { reached: 'Done: ', open: 'To do: ' },
  teacher: {
    title: 'For teachers',
    links: 'Make a link',
    linksLead:
      'Set the figure as your students shall find it, choose what they may change, then copy the link or the frame.',
    chapter: 'Chapter',
    figure: 'Figure',
    whole: 'The whole chapter',
    hide: 'Hide',
    hideable: { controls: 'Controls', tools: 'Buttons below the figure', caption: 'Caption' },
    lock: 'Keep as it is',
    link: 'Link',
    frame: 'Frame for another page',
    copy: 'Copy',
    copied: 'Copied',
    notCopied: 'The browser did not allow copying: select the text instead.',
    codes: 'Check hand-in codes',
    codesLead:
      'Paste a list; each line may hold a name and any number of codes. Nothing leaves this page. A code shows that the answer to this instance was found. It is no protection against fraud.',
    paste: 'List with codes',
    none: 'No codes found yet.',
    failed: 'The exercises could not be fetched: check the connection, then reload the page.',
    columns: ['Line', 'Code', 'Exercise', 'Holds'],
    holds: 'Holds',
    fails: 'Does not hold',
    repeated: 'Holds, but an earlier line has the same code',
    unknown: 'No such exercise',
  },
  /** Of figures that several chapters have. Numbers come as they are shown. */
  figures: {
    place: (row: number, column: number) => `row ${row}, column ${column}`,
    /** An image row by row, as "10, 01". */
    rows: (rows: string) => `Rows ${rows}`,
    /** Of a pixel. */
    ink: 'ink',
    paper: 'paper',
    pixel: (place: string, value: string) => `${place}: ${value}`,
    pairs: PAIRS,
    /** Probabilities of the four images of two pixels, in one table or two. */
    square: (tables: readonly (readonly [name: string, values: readonly string[]])[]) =>
      `Square of two pixels.${tables.map(([name, values]) => ` ${name}: ${values.map((value, m) => `${PAIRS[m]} ${value}`).join(', ')}.`).join('')}`,
    allImages: {
      label: (images: string) => `Probability of all ${images} images`,
      none: (images: string) => `${images} images; none is open`,
      open: (
        number: string,
        images: string,
        rows: string,
        values: readonly (readonly [name: string, value: string])[],
      ) =>
        `Image ${number} of ${images}, rows ${rows}: ${values.map(([name, value]) => `${name} ${value}`).join(', ')}`,
      sum: (sum: string) => `sum ${sum}`,
      choose: 'Choose a bar to open its image.',
      logarithm: (value: string, logarithm: string) => `${value} = exp(${logarithm})`,
    },
    pad: {
      description: 'drawing pad',
      keys: 'Arrow keys move the pen by one pixel, with Shift by four. Space puts the pen down and lifts it, Enter makes a dot, Delete clears.',
      undo: 'Undo',
      clear: 'Clear',
    },
  },
  notFetched: 'The chapter could not be fetched: check the connection and try again',
  /** Why an answer cannot be judged. */
  unreadable: {
    choose: 'Choose one of the answers',
    nothing: 'Type a number',
    finite: 'This is no finite number',
    because: (why: string) => `This cannot be read: ${why}`,
    whole: 'a whole number is wanted',
    division: 'this division gives no whole number',
    exponent: (most: string) => `an exponent must lie between 0 and ${most}`,
    bracket: 'a bracket is not closed',
    end: 'something is missing at the end',
    number: (text: string) => `"${text}" is no number`,
    place: (text: string) => `"${text}" does not belong here`,
  },
  formula: 'What the symbols are',
  deeper: 'Go deeper',
} as const;

/** The form of a table of words. */
export type Words = {
  readonly [Key in keyof typeof english]: Widened<(typeof english)[Key]>;
};

type Widened<T> = T extends string
  ? string
  : T extends (...args: never[]) => unknown
    ? T
    : { readonly [Key in keyof T]: Widened<T[Key]> };
