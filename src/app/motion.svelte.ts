/** Whether the system asks for reduced motion, kept up to date. */
export class Motion {
  reduced = $state(false);

  constructor() {
    const query = matchMedia('(prefers-reduced-motion: reduce)');
    this.reduced = query.matches;
    query.addEventListener('change', () => {
      this.reduced = query.matches;
    });
  }
}
