import type { Divergence } from '../../engine/api.ts';
import { count, fixed } from '../format.ts';

/** The message of a run that diverged, with the remedy. `loss` names what is minimised ("−log p(x)"), a mean in nats. */
export function divergenceWords({ step, nats, uniform }: Divergence, loss: string): string {
  const found = Number.isFinite(nats)
    ? `${loss} is ${fixed(nats, 1)} nats, and that of a model that knows nothing ${fixed(uniform, 1)}`
    : `${loss} is no longer a number`;
  return `Training diverged: at step ${count(step)} ${found}. The best weights from before are the model. Try a smaller learning rate.`;
}
