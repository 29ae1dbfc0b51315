/** WGSL files by their path below shaders/, for example "fvsbn/score.wgsl". */
export type ShaderSources = ReadonlyMap<string, string>;

export interface Origin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface AssembledShader {
  readonly code: string;
  /** The source of line `line` (from 1) of `code`. */
  readonly origin: (line: number) => Origin;
}

const INCLUDE = /^\s*#include\s+"([^"]+)"\s*$/;

/**
 * One WGSL module from a file and all it includes: `#include "lib/rng.wgsl"`, paths below shaders/, each file once.
 * Throws where a file is unknown, naming the line that asked for it.
 */
export function assemble(path: string, sources: ShaderSources): AssembledShader {
  const lines: string[] = [];
  const origins: Origin[] = [];
  const seen = new Set<string>();
  const add = (file: string, wantedBy: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = sources.get(file);
    if (source === undefined) throw new Error(`shaders/${file} does not exist (wanted by ${wantedBy})`);
    source.split('\n').forEach((text, index) => {
      const included = INCLUDE.exec(text);
      if (included) {
        add(included[1], `shaders/${file}:${index + 1}`);
      } else {
        lines.push(text);
        origins.push({ file: `shaders/${file}`, line: index + 1 });
      }
    });
  };
  add(path, 'the program');
  return {
    code: lines.join('\n'),
    origin: (line) => origins[line - 1] ?? { file: `shaders/${path}`, line },
  };
}

export interface BindingDeclaration {
  readonly name: string;
  readonly binding: number;
  readonly kind: 'uniform' | 'storage' | 'read-only-storage';
}

export type ScalarType = 'u32' | 'i32' | 'f32';

export interface ParamField {
  readonly name: string;
  readonly type: ScalarType;
  /** In bytes. */
  readonly offset: number;
}

/** The one uniform of a kernel: a struct of scalars. */
export interface ParamsLayout {
  readonly binding: string;
  readonly fields: readonly ParamField[];
  /** Size of the struct, a multiple of 16. */
  readonly bytes: number;
}

/** The interface of a kernel, read from its WGSL so that nothing is declared twice. */
export interface KernelInterface {
  readonly entryPoint: string;
  /** Buffers other than the uniform. */
  readonly bindings: readonly BindingDeclaration[];
  readonly params: (ParamsLayout & { readonly index: number }) | null;
  /** Whole-number `const` and `override` declarations: tile sizes, the workgroup's size. */
  readonly constants: ReadonlyMap<string, number>;
  /** Which of them may be set when the kernel is compiled. */
  readonly overrides: ReadonlySet<string>;
}

const BINDING = /@group\((\d+)\)\s*@binding\((\d+)\)\s*var<([^>]*)>\s*(\w+)\s*:\s*([^;]+);/g;
const CONSTANT = /\b(const|override)\s+(\w+)\s*(?::\s*[ui]32\s*)?=\s*(\d+)[ui]?\s*;/g;
const ENTRY = /@compute[\s\S]*?\bfn\s+(\w+)/g;

/** Reads names, kinds and constants from one assembled module. Throws, naming the file, where it uses unsupported WGSL. */
export function parseKernel(code: string, path: string): KernelInterface {
  const text = withoutComments(code);
  const refuse = (reason: string): never => {
    throw new Error(`shaders/${path}: ${reason}`);
  };
  const entries = [...text.matchAll(ENTRY)];
  if (entries.length !== 1) refuse(`${entries.length} entry points instead of one`);
  const bindings: BindingDeclaration[] = [];
  let params: KernelInterface['params'] = null;
  for (const [, group, index, space, name, type] of text.matchAll(BINDING)) {
    if (group !== '0') refuse(`${name} lies in group ${group}; only group 0 is used`);
    const binding = Number(index);
    if (bindings.some((other) => other.binding === binding)) refuse(`binding ${binding} is declared twice`);
    const words = space.split(',').map((word) => word.trim());
    if (words[0] === 'uniform') {
      if (params) refuse('more than one uniform');
      params = { ...parseParams(text, name, type.trim(), path), index: binding };
    } else if (words[0] === 'storage') {
      bindings.push({ name, binding, kind: words[1] === 'read_write' ? 'storage' : 'read-only-storage' });
    } else refuse(`${name}: address space ${space} is not supported`);
  }
  const declared = [...text.matchAll(CONSTANT)];
  const constants = new Map(declared.map(([, , name, value]) => [name, Number(value)]));
  const overrides = new Set(declared.filter(([, kind]) => kind === 'override').map(([, , name]) => name));
  return { entryPoint: entries[0][1], bindings, params, constants, overrides };
}

function parseParams(text: string, binding: string, type: string, path: string): ParamsLayout {
  const body = new RegExp(`\\bstruct\\s+${type}\\s*\\{([^}]*)\\}`).exec(text);
  if (!body) throw new Error(`shaders/${path}: struct ${type} of ${binding} not found`);
  const fields = body[1]
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field, index) => {
      const match = /^(\w+)\s*:\s*(u32|i32|f32)$/.exec(field);
      if (!match) throw new Error(`shaders/${path}: ${type}: "${field}" is not a u32, i32 or f32`);
      return { name: match[1], type: match[2] as ScalarType, offset: index * 4 };
    });
  return { binding, fields, bytes: Math.ceil((fields.length * 4) / 16) * 16 };
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/[^\n]*/g, '');
}
