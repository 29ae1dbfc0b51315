interface GifFrame {
  readonly ms: number;
  readonly indices: Uint8Array;
}

interface Gif {
  readonly width: number;
  readonly height: number;
  readonly palette: readonly (readonly number[])[];
  /** 0: without end; null where the file does not say. */
  readonly loops: number | null;
  readonly comment: string;
  readonly frames: readonly GifFrame[];
}

/** Reads an animated GIF with one palette, by the format's description (GIF89a). */
export function readGif(bytes: Uint8Array): Gif {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = new TextDecoder();
  if (text.decode(bytes.subarray(0, 6)) !== 'GIF89a') throw new Error('not a GIF');
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  const colours = 2 ** ((bytes[10] & 7) + 1);
  const palette = Array.from({ length: colours }, (_, i) => [...bytes.subarray(13 + 3 * i, 16 + 3 * i)]);
  let at = 13 + 3 * colours;
  let [loops, comment, ms]: [number | null, string, number] = [null, '', 0];
  const frames: GifFrame[] = [];
  const blocks = (): Uint8Array => {
    const parts: number[] = [];
    while (bytes[at] !== 0) {
      parts.push(...bytes.subarray(at + 1, at + 1 + bytes[at]));
      at += 1 + bytes[at];
    }
    at++;
    return Uint8Array.from(parts);
  };
  for (;;) {
    const kind = bytes[at++];
    if (kind === 0x3b) break;
    if (kind === 0x21) {
      const label = bytes[at++];
      const first = bytes.subarray(at + 1, at + 1 + bytes[at]);
      if (label === 0xff) at += 1 + bytes[at];
      const data = blocks();
      if (label === 0xf9) ms = 10 * (first[1] | (first[2] << 8));
      if (label === 0xfe) comment = text.decode(data);
      if (label === 0xff && text.decode(first).startsWith('NETSCAPE')) loops = data[1] | (data[2] << 8);
    } else if (kind === 0x2c) {
      if ((bytes[at + 8] & 0x80) !== 0) throw new Error('a local palette');
      at += 9;
      const least = bytes[at++];
      frames.push({ ms, indices: unpacked(blocks(), least, width * height) });
    } else {
      throw new Error(`byte ${kind} at ${at - 1}`);
    }
  }
  if (at !== bytes.length) throw new Error('bytes behind the end');
  return { width, height, palette, loops, comment, frames };
}

/** Undoes LZW as GIF has it. */
function unpacked(data: Uint8Array, least: number, length: number): Uint8Array {
  const clear = 1 << least;
  const out: number[] = [];
  let [size, bits, have, from] = [least + 1, 0, 0, 0];
  let table: number[][] = [];
  let before: number[] | null = null;
  const reset = () => {
    table = Array.from({ length: clear + 2 }, (_, code) => (code < clear ? [code] : []));
    size = least + 1;
    before = null;
  };
  reset();
  while (out.length < length || from < data.length) {
    while (have < size) {
      bits |= data[from++] << have;
      have += 8;
    }
    const code = bits & ((1 << size) - 1);
    bits >>>= size;
    have -= size;
    if (code === clear + 1) break;
    if (code === clear) {
      reset();
      continue;
    }
    const last: number[] | null = before;
    const entry: number[] = table[code] ?? [...last!, last![0]];
    out.push(...entry);
    if (last && table.length < 4096) table.push([...last, entry[0]]);
    if (table.length === 1 << size && size < 12) size++;
    before = entry;
  }
  return Uint8Array.from(out);
}
