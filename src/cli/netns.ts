// --netns, which only Linux has something to choose by.

import { platform } from 'node:os'
import type { Arguments } from './arguments.ts'

/** @throws NetoprocError usage */
export function netnsOf(args: Arguments): 'own' | 'all' {
  if (platform() === 'darwin') args.refuse(['netns'], 'on macOS: it has no network namespaces')
  return args.text('netns') as 'own' | 'all'
}
