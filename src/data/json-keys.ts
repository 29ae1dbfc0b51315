/**
 * The first key that stands twice in one object of a JSON text, or null. `JSON.parse` keeps the last of them
 * without an error, so that two readers could see two different files. The text must be valid JSON already.
 */
export function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const start = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      const end = at + 1;
      while (json[at + 1] === ' ' || json[at + 1] === '\t' || json[at + 1] === '\r' || json[at + 1] === '\n')
        at++;
      // A string is a key where a colon follows it.
      if (json[at + 1] !== ':') continue;
      const key = JSON.parse(json.slice(start, end)) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}
