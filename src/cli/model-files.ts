import type { Binarisation } from '../data/binarisation.ts';
import { binarise, checkBinarisation, describeBinarisation } from '../data/binarise.ts';
import { CLASSES, type Grid, type GreyImages, type PackedImages } from '../data/images.ts';
import { poolImages } from '../data/pool.ts';
import { fail, ok, type Result } from '../data/result.ts';
import type { Backend } from '../engine/backends/backend.ts';
import { decodeModel, type ModelFile } from '../models/model-file.ts';
import { findFamily, folderSpec } from '../models/registry.ts';
import type { Model } from '../models/model.ts';
import { readBytes, readImages } from './files.ts';
import { grouped } from './terminal.ts';

/** Reads a model file of any family. `option` names it in messages. */
export function readModel(path: string, option = '--model'): Result<ModelFile> {
  const bytes = readBytes(option, path);
  return bytes.ok ? decodeModel(bytes.value, path) : bytes;
}

/** Reads a model file and refuses classifiers, which have no p(x). */
export function readDensity(path: string, option = '--model'): Result<ModelFile> {
  const file = readModel(path, option);
  if (!file.ok) return file;
  const { family } = file.value.model;
  return folderSpec(family).task === 'density'
    ? file
    : fail(`${path}: ${option}: ${family} is a classifier and knows no p(x): use classify`);
}

/** The files of images and their labels. */
export interface ImageFiles {
  /** The option that named the images: "--images". */
  readonly option: string;
  readonly path: string;
  readonly labels: string | null;
}

/** Reads images, pools larger ones to `grid`, and checks that they can be binarised. `owner` names the grid in messages. */
export function readPooled(
  { option, path, labels }: ImageFiles,
  how: Binarisation,
  grid: Grid | null,
  owner: string,
): Result<GreyImages> {
  const images = readImages(option, path, labels);
  return images.ok ? pooledTo(images.value, path, how, grid, owner) : images;
}

/** The same of images that have been read. `path` names them in messages. */
export function pooledTo(
  images: GreyImages,
  path: string,
  how: Binarisation,
  grid: Grid | null,
  owner: string,
): Result<GreyImages> {
  const pooled = grid === null ? ok(images) : poolImages(images, grid);
  if (!pooled.ok)
    return fail(`${path}: width and height: ${sizeOf(images.grid)} pixels, but ${owner} is ${sizeOf(grid!)}`);
  const unfit = checkBinarisation(pooled.value, how);
  return unfit === null ? pooled : fail(`${path}: ${unfit}`);
}

/** A model, and images that it can read. */
export interface Inputs {
  readonly model: Model;
  /** The model's file, for messages. */
  readonly file: { readonly option: string; readonly path: string };
  readonly binarisation: Binarisation;
  readonly images: PackedImages;
  readonly labels: Uint8Array | null;
}

/** Reads a model with `read`, and images, binarised as the model's training images were where `binarise` is null. */
export function readInputs(
  options: { model: string; images: string; labels?: string | null; binarise: Binarisation | null },
  read = readDensity,
): Result<Inputs> {
  const found = read(options.model);
  if (!found.ok) return found;
  const { model, provenance } = found.value;
  const binarisation = options.binarise ?? provenance.binarisation;
  const source = { option: '--images', path: options.images, labels: options.labels ?? null };
  const images = readPooled(source, binarisation, model.grid, options.model);
  if (!images.ok) return images;
  return ok({
    model,
    file: { option: '--model', path: options.model },
    binarisation,
    images: binarise(images.value, binarisation),
    labels: images.value.labels,
  });
}

/** A model and where it was computed, for a report. */
export function aboutModel({ family, grid, hyper }: Model, { description }: Backend) {
  const parameters = findFamily(family)!.parameterCount(grid, hyper);
  return {
    json: { family, parameters },
    text: `${family}, ${grouped(parameters)} parameters, on ${description}`,
  };
}

/** "24 images, binarisation threshold 0.5". */
export function aboutImages({ images, binarisation }: Pick<Inputs, 'images' | 'binarisation'>): string {
  return `${grouped(images.count)} images, binarisation ${describeBinarisation(binarisation)}`;
}

/** Why labels are not classes of digits; null where they are. */
export function refuseLabels(path: string | null, labels: Uint8Array | null): string | null {
  if (!labels) return '--labels: missing';
  const at = labels.findIndex((label) => label >= CLASSES);
  return at < 0
    ? null
    : `${path}: labels: image ${at} is of class ${labels[at]}, which is none of 0 to ${CLASSES - 1}`;
}

/** "28x28". */
export function sizeOf({ width, height }: Grid): string {
  return `${width}x${height}`;
}
