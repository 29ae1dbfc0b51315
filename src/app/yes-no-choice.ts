/** Whether the named values of a hyper-parameter are "no" and "yes": shown as a checkbox. */
export function isSwitch(choices: readonly string[] | undefined): boolean {
  return choices?.join() === 'no,yes';
}
