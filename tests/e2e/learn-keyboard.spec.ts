import { launchOptions } from '../browser.mjs';
import { answersOf, CHAPTERS, openLearn, solveByKeyboard } from './learn-exercises.ts';
import { expect, test, withoutWebGpu } from './visitor.ts';

const { channel, ...launch } = withoutWebGpu(launchOptions());
// A snapshot of the document for each of hundreds of keys would take ten times as long as the visit.
test.use({ ...(channel ? { channel } : {}), launchOptions: launch, trace: 'off' });

for (const chapter of CHAPTERS)
  test(`the exercises of ${chapter} are solved by keyboard alone, without WebGPU, and their codes hold`, async ({
    page,
  }) => {
    const answers = await answersOf(chapter);
    await openLearn(page, `#/learn/${chapter.slice(3)}`);
    const codes = await solveByKeyboard(page, answers);
    expect(codes).toHaveLength(answers.size);
    await expect(page.locator('.chapter header')).toContainText(`${answers.size} of ${answers.size}`);

    await page.goto('#/learn/teacher');
    await page.getByLabel('List with codes').fill(codes.map((code, i) => `student ${i}: ${code}`).join('\n'));
    await expect(page.getByRole('cell', { name: 'Holds', exact: true })).toHaveCount(codes.length);
  });
