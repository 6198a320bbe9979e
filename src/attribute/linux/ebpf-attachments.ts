// What is in the kernel because of us: programs with where they are attached, and what else is to be closed with them. All of it
// lives by its descriptors alone, so that a process that is killed leaves nothing.

import type { FileDescriptor } from '../../native/file-descriptor.ts'
import {
  ProgramError,
  type NetfilterHook,
  type ProgramDescription,
  attachToCgroup,
  attachToNetfilter,
  attachToTracepoint,
  loadProgram,
} from '../../native/linux/bpf/bpf-program.ts'
import { hasCode } from '../../native/system-error.ts'

interface Closable {
  close(): void
}

export class EbpfAttachments {
  private readonly closers: Closable[] = []

  /** Closed with the others, the latest first. */
  keep<T extends Closable>(resource: T): T {
    this.closers.push(resource)
    return resource
  }

  /** @throws ProgramError, SystemError */
  toCgroup(program: ProgramDescription, root: FileDescriptor): void {
    this.allToCgroup([program], root, () => {})
  }

  /**
   * All or none: one that the kernel refuses is refused before any is attached.
   * @param beforeAttached called when all are loaded
   * @throws ProgramError, SystemError
   */
  allToCgroup(
    programs: readonly ProgramDescription[],
    root: FileDescriptor,
    beforeAttached: () => void,
  ): void {
    const loaded: FileDescriptor[] = []
    try {
      for (const program of programs) loaded.push(loadProgram(program))
      beforeAttached()
      programs.forEach(({ name, attachType }, i) =>
        this.keep(attachToCgroup(name, loaded[i] as FileDescriptor, root, attachType)),
      )
    } finally {
      for (const fd of loaded) fd.close()
    }
  }

  /** @returns false when the kernel does not let us have this one */
  toTracepoint(program: ProgramDescription): boolean {
    return this.ifAllowed(program, fd => attachToTracepoint(program.name, fd))
  }

  /** @returns false when the kernel does not let us have this one */
  toNetfilter(program: ProgramDescription & { readonly hook: NetfilterHook }): boolean {
    return this.ifAllowed(program, fd => attachToNetfilter(program.name, fd, program.hook))
  }

  close(): void {
    for (const closer of this.closers.splice(0).reverse()) closer.close()
  }

  private ifAllowed(program: ProgramDescription, attach: (fd: FileDescriptor) => FileDescriptor): boolean {
    let fd
    try {
      fd = loadProgram(program)
    } catch (error) {
      if (error instanceof ProgramError || hasCode(error, 'EPERM')) return false
      throw error
    }
    try {
      this.keep(attach(fd))
      return true
    } catch (error) {
      if (hasCode(error, 'EPERM', 'EACCES', 'EINVAL', 'ENOENT', 'EOPNOTSUPP')) return false
      throw error
    } finally {
      fd.close()
    }
  }
}
