/** What a teacher's link takes away from a chapter or figure. */
export interface Teaching {
  /** Parts that are not shown. */
  readonly hidden: readonly Hideable[];
  /** Parameters that keep the values of the link. */
  readonly locked: readonly string[];
}

export const HIDEABLE = ['controls', 'tools', 'caption'] as const;
export type Hideable = (typeof HIDEABLE)[number];

/** The address of a chapter, a figure in it and its state, without the hash: "coin/flips?p=0.3". */
export interface LearnAddress {
  readonly slug: string;
  readonly figure: string;
  readonly query: string;
}

const NAME = /^[a-z][\w-]*$/;

/** Reads the part of the hash after "#/learn/". What is no name is empty: the contents. */
export function parseAddress(path: string, query: string): LearnAddress {
  const [slug = '', figure = ''] = path.split('/');
  return { slug: NAME.test(slug) ? slug : '', figure: NAME.test(figure) ? figure : '', query };
}

export function formatAddress({ slug, figure, query }: LearnAddress): string {
  return `#/learn${slug ? `/${slug}` : ''}${figure ? `/${figure}` : ''}${query ? `?${query}` : ''}`;
}

/** The teacher's flags of a query: `hide=controls,tools&lock=p`. */
export function parseTeaching(query: string): Teaching {
  const given = new URLSearchParams(query);
  const list = (name: string) => (given.get(name) ?? '').split(',').filter((part) => part !== '');
  return { hidden: HIDEABLE.filter((part) => list('hide').includes(part)), locked: list('lock') };
}

export function formatTeaching({ hidden, locked }: Teaching): string {
  const flags = [
    hidden.length > 0 ? `hide=${hidden.join(',')}` : '',
    locked.length > 0 ? `lock=${locked.join(',')}` : '',
  ];
  return flags.filter((flag) => flag !== '').join('&');
}

/** The state of a chapter as a link carries it. */
export interface LinkState {
  readonly query: string;
  readonly teaching: Teaching;
}

/** The query of a view's state with its teacher's flags. */
export function fullQuery(view: LinkState): string {
  return [view.query, formatTeaching(view.teaching)].filter((part) => part !== '').join('&');
}

/** The whole address of a figure as it is now, on the page `href`, whose own parameters are left out. */
export function figureLink(
  view: LinkState & { readonly slug: string },
  figure: string,
  href: string,
): string {
  return href.split(/[?#]/)[0] + formatAddress({ slug: view.slug, figure, query: fullQuery(view) });
}
