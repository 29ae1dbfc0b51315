import { shaderSources } from '../../src/gpu/shaders.ts';
import type { ShaderSources } from '../../src/gpu/wgsl.ts';

/** The repository's WGSL with one text replaced by another. Throws where the text is not there exactly once. */
export function mutate(file: string, text: string, replacement: string): ShaderSources {
  const source = shaderSources.get(file);
  if (source?.split(text).length !== 2) throw new Error(`${file} does not hold "${text}" exactly once`);
  return new Map(shaderSources).set(file, source.replace(text, replacement));
}

/** The repository's WGSL with a further file. */
export function withShader(file: string, source: string): ShaderSources {
  return new Map(shaderSources).set(file, source);
}
