import { lazily } from '../data/lazily.ts';

/** Words of a chapter's figures by name; `{place}` stands for a value. */
export type Labels = Readonly<Record<string, string>>;

/** Values for the places of a label; `n` also chooses between "name.one" and "name.other", as the language counts. */
export type LabelValues = Readonly<Record<string, string | number>>;

/** The words of a label with its values. Throws where the text has no such label, or the label a place without a value. */
export type LabelOf = (name: string, values?: LabelValues) => string;

/** The labels of a text and its language, such as "en". */
export interface ChapterLabels {
  readonly labels: Labels;
  readonly language: string;
}

/** Errors thrown by it are faults of a chapter: the tests compare the labels of every text with those that are asked for. */
export function labelsIn({ labels, language }: ChapterLabels): LabelOf {
  const forms: Readonly<Partial<Record<string, string>>> = labels;
  const plural = lazily(() => new Intl.PluralRules(language));
  return (name, values = {}) => {
    const words =
      typeof values.n === 'number'
        ? (forms[`${name}.${plural().select(values.n)}`] ?? forms[`${name}.other`] ?? forms[name])
        : forms[name];
    if (words === undefined) throw new Error(`the text has no label "${name}"`);
    return words.replaceAll(/\{([\w-]+)\}/g, (_, place: string) => {
      if (!(place in values)) throw new Error(`the label "${name}" has no value for {${place}}`);
      return String(values[place]);
    });
  };
}
