import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cardText, componentOf, renderCard } from '../../../src/build/cards.ts';
import { families, folderOf } from '../../../src/models/registry.ts';

const models = fileURLToPath(new URL('../../../src/models', import.meta.url));
const cards = readdirSync(models, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(models, name)).map((file) => `${name}/${file}`))
  .filter((path) => path.endsWith('.md'));

describe('the card of every family', () => {
  it.each(cards)('%s says what the model is, with its formulas as MathML', (path) => {
    const html = renderCard(cardText(join(models, path)).text, path);
    expect(html.match(/<h3>/g)).toHaveLength(1);
    for (const section of ['Idea', 'Equation', 'Parameters', 'Limits', 'Papers'])
      expect(html, section).toMatch(new RegExp(`<strong>${section}`));
    expect(html).toContain('<math display="block"');
    // Nothing that the page's policy forbids, no TeX left over.
    expect(html).not.toMatch(/\$|\[\[|<script|\son\w+=|style=|<pre>|class="temml-error"/);
  });

  it('begins with a paragraph of its own that names what that family assumes', () => {
    const first = families.map(({ id }) => {
      const own = join(models, folderOf(id), `${id}.md`);
      const { text } = cardText(existsSync(own) ? own : join(models, folderOf(id), 'card.md'));
      return text.split('\n\n')[1];
    });
    expect(new Set(first).size).toBe(families.length);
    for (const paragraph of first) expect(paragraph).toMatch(/^\*\*Idea\.\*\*[^]*\bassumes\b/);
  });
});

describe('Markdown with formulas', () => {
  it('turns TeX in a line and on lines of its own into MathML, and escapes the rest', () => {
    const html = renderCard('# Title\n\nIf $a < b$ & c:\n\n$$\\frac{1}{2}$$\n\nend _here_', 'card');
    expect(html).toContain('<h3>Title</h3>');
    expect(html).toMatch(/<p>If <math>.*<mo>&lt;<\/mo>.*<\/math> &amp; c:<\/p>/s);
    expect(html).toMatch(/<div class="formula"[^>]*><math display="block"[^>]*>.*<mfrac>.*<\/math><\/div>/s);
    expect(html).toContain('<em>here</em>');
  });

  it('leaves underscores and stars inside formulas alone', () => {
    expect(renderCard('$x_i * y_j$ and $a_i$', 'card')).not.toContain('<em>');
  });

  it('opens links in a new tab without a referrer', () => {
    expect(renderCard('[paper](https://arxiv.org/abs/1)', 'card')).toContain(
      '<a href="https://arxiv.org/abs/1" target="_blank" rel="noopener noreferrer">paper</a>',
    );
  });

  it('becomes a component whose template is the same markup, braces and all', () => {
    const code = componentOf(renderCard('The set $\\{a, b\\}$ and `{x}`', 'card'), 'card.md');
    expect(code).toMatch(
      /from_html\(`<p>The set <math>.*&#123;.*&#125;.*<\/math> and <code>&#123;x&#125;<\/code><\/p>/s,
    );
  });

  it.each([
    ['raw HTML', 'a <b>bold</b> word'],
    ['raw HTML', '<script>alert(1)</script>'],
    ['raw HTML', '<img src=x onerror=alert(1)>'],
    ['images', '![x](https://a.example/x.png)'],
    ['link', '[x](javascript:alert(1))'],
    ['link', '[x](http://a.example/)'],
    ['formula', '$\\frac{1}$'],
    ['formula', '$\\nosuchcommand{x}$'],
    ['left over', 'it costs 5 $ today'],
  ])('refuses %s: %s', (_, markdown) => {
    expect(() => renderCard(markdown, 'the card')).toThrow(/^the card: /);
  });
});
