import { edgesOf, type Sources } from './imports.ts';

/** One room imports from another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Import statements that it stands for. */
  readonly imports: number;
}

/** The import graph of one folder. */
export interface HouseGraph {
  readonly rooms: readonly string[];
  readonly arrows: readonly Arrow[];
  /** Arrows on a circle: in any order of the rooms at least one of them points upward. */
  readonly circular: readonly Arrow[];
}

/** The rooms of `part` ("src/engine") are what lies in it directly: its files and its folders, each whole. */
export function graphOf(sources: Sources, part: string): HouseGraph {
  const roomOf = (path: string): string | null =>
    path.startsWith(`${part}/`) ? path.slice(part.length + 1).split('/')[0] : null;
  const rooms = [...new Set([...sources.keys()].map(roomOf))].filter((room) => room !== null).sort();
  const counts = new Map<string, number>();
  for (const edge of edgesOf(sources)) {
    const [from, to] = [roomOf(edge.from), roomOf(edge.to)];
    if (from === null || to === null || from === to) continue;
    counts.set(`${from} ${to}`, (counts.get(`${from} ${to}`) ?? 0) + 1);
  }
  const arrows = [...counts].map(([key, imports]) => {
    const [from, to] = key.split(' ');
    return { from, to, imports };
  });
  return { rooms, arrows, circular: arrows.filter(({ from, to }) => reaches(arrows, to, from)) };
}

function reaches(arrows: readonly Arrow[], from: string, to: string): boolean {
  const seen = new Set<string>();
  const waiting = [from];
  for (let room = waiting.pop(); room !== undefined; room = waiting.pop()) {
    if (room === to) return true;
    if (seen.has(room)) continue;
    seen.add(room);
    waiting.push(...arrows.filter((arrow) => arrow.from === room).map((arrow) => arrow.to));
  }
  return false;
}
