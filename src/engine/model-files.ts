/** Files of models in and out, fetched with the first of them. */
import { contentId } from '../data/content-id.ts';
import { wordsOf } from '../data/error-words.ts';
import type { NamedFile } from '../data/idx-pair.ts';
import { fail, ok, type Result } from '../data/result.ts';
import { yieldToEventLoop } from '../data/slices.ts';
import { convertModel } from '../models/export/convert.ts';
import type { FormatId } from '../models/export/formats.ts';
import { openModel } from '../models/model-file.ts';
import type { OpenedModel } from './api.ts';

export async function openModelFile({ name, bytes }: NamedFile): Promise<Result<OpenedModel>> {
  const opened = openModel(bytes, name);
  return opened.ok ? ok({ ...opened.value, contentId: await contentId(bytes) }) : opened;
}

export async function convertModelFile(
  { name, bytes }: NamedFile,
  format: FormatId,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  try {
    return await convertModel(bytes, name, format, yieldToEventLoop);
  } catch (error) {
    // A part of the code, or the card, could not be fetched.
    return fail(
      `${name}: it could not be written as ${format} (${wordsOf(error)}). Check the connection and try again`,
    );
  }
}
