import type { Reference } from '../reference.ts';
import { openCpu } from './cpu.ts';
import { definition } from './definition.ts';
import { cpuGradient } from './gradient.ts';
import { initialise } from './initialise.ts';

export { definition };

export const reference: Reference = { usesSimd: true, open: openCpu, initialise, openGradient: cpuGradient };
