import type { Program } from '../program.ts';

export const program: Program = { kernels: [] };
