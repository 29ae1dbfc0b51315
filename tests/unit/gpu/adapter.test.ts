import { describe, expect, it } from 'vitest';
import { describeAdapter } from '../../../src/gpu/adapter.ts';

/** A browser whose adapter says this of itself. */
function browser(adapter: object): GPU {
  return { requestAdapter: () => Promise.resolve(adapter) } as unknown as GPU;
}
const info = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };

describe('the adapter in words', () => {
  it('is the description, else the other fields that the browser gives', async () => {
    const described = await describeAdapter(browser({ info: { ...info, description: 'Radeon 780M' } }));
    expect(described).toMatchObject({ ok: true, value: { name: 'Radeon 780M', isFallback: false } });
    const parts = { ...info, vendor: 'intel', architecture: 'xe' };
    expect(await describeAdapter(browser({ info: parts }))).toMatchObject({ value: { name: 'intel xe' } });
  });

  it('says that the browser does not name it where all fields are empty', async () => {
    const hardware = await describeAdapter(browser({ info }));
    expect(hardware).toMatchObject({
      value: { name: 'a graphics adapter that the browser does not name', isFallback: false },
    });
    const software = await describeAdapter(browser({ info: { ...info, isFallbackAdapter: true } }));
    expect(software).toMatchObject({
      value: {
        name: 'an adapter that the browser does not name (computed in software)',
        isFallback: true,
      },
    });
  });

  it('says of a software adapter that has a name that it computes in software', async () => {
    const parts = { ...info, vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true };
    expect(await describeAdapter(browser({ info: parts }))).toMatchObject({
      value: { name: 'google swiftshader (computed in software)', isFallback: true },
    });
  });

  it('does without adapter.info, and believes an adapter that says itself that it is a fallback', async () => {
    expect(await describeAdapter(browser({}))).toMatchObject({ ok: true, value: { isFallback: false } });
    expect(await describeAdapter(browser({ isFallbackAdapter: true }))).toMatchObject({
      ok: true,
      value: { isFallback: true },
    });
    expect(await describeAdapter(browser({ info: {} }))).toMatchObject({ ok: true, value: { vendor: '' } });
  });
});
