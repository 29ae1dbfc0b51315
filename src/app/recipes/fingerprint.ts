import { crc32 } from '../../data/crc32.ts';
import type { BackendKind } from '../../models/runs.ts';
import { checksum } from '../../store/checksum.ts';
import type { ModelRecord } from '../../store/records.ts';

/** A CRC-32 as eight hexadecimal digits. */
export function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

const fingerprints = new WeakMap<object, string>();

/** CRC-32 of all tensors with their names and lengths, eight hexadecimal digits: equal where all bits are. No protection against an attack. */
export function fingerprint({ tensors }: Pick<ModelRecord, 'tensors'>): string {
  let known = fingerprints.get(tensors);
  if (known === undefined) fingerprints.set(tensors, (known = hex(checksum(tensors))));
  return known;
}

/**
 * What a backend computed with, as a recipe names it: `plain`, `simd` or `fused` on the cpu; on a device the CRC-32 of the adapter's name.
 * `description` is that of the backend.
 */
export function arithmeticOf(backend: BackendKind, description: string): string {
  if (backend === 'webgpu') return hex(crc32(new TextEncoder().encode(description)));
  if (!description.startsWith('wasm')) return 'plain';
  return description.includes('fused') ? 'fused' : 'simd';
}
