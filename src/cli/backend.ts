import { fail, ok, type Result } from '../data/result.ts';
import type { Backend, BackendKind } from '../engine/backend.ts';
import { createCpuBackend } from '../engine/cpu-backend.ts';

/** The backend asked for; the command line never falls back to another one. */
export function createBackend(kind: BackendKind): Promise<Result<Backend>> {
  if (kind === 'cpu') return Promise.resolve(ok(createCpuBackend()));
  return Promise.resolve(fail('--backend: webgpu is not there yet'));
}
