import type { Family } from '../tasks.ts';
import { fvsbn } from './fvsbn.ts';
import { nade } from './nade.ts';
import type { OpenPeerModel } from './ops.ts';
import { pixelcnn } from './pixelcnn.ts';
import { sparsePixelcnn } from './sparse-pixelcnn.ts';

export const peerModels: Readonly<Record<Family, OpenPeerModel>> = {
  fvsbn,
  nade,
  pixelcnn,
  'sparse-pixelcnn': sparsePixelcnn,
};
