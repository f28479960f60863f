/** Which of several answers a tensor is: the end of its name, behind that of the set of prompts. */
const ANSWER = /_(?:multi|single)$/

/** The name of what a stage gives for one set of prompts: low_res_masks_multi of `box` is low_res_masks_box_multi. */
export function promptedName(name: string, set: string): string {
  const answer = ANSWER.exec(name)?.[0] ?? ''
  return `${name.slice(0, name.length - answer.length)}_${set}${answer}`
}
