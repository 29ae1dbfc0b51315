import AxeBuilder from '@axe-core/playwright';
import jsQR from 'jsqr';
import type { Browser, Page } from '@playwright/test';
import { chooseBackend, expect, finishSamples, openModelSettings, openPanel, play, read, stroke, test, ZERO } from './visitor.ts';

const RECIPE_START = 'right=recipe:1,';
/** A small model, so that two browsers train it in seconds; what it was trained on elsewhere is another machine's. */
const FOREIGN =
  'recipe:1,nade,starter.1000.00000000,threshold,-,e1,b100,r0.01,s3,cpu.plain.1,w00000000,class-conditional.0,hidden.8,order.0';

async function shareLink(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const link = await page.getByTestId('share-link').inputValue();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  return link;
}

async function newPage(browser: Browser): Promise<Page> {
  return await (await browser.newContext()).newPage();
}
