// Processes that had to make room for others on the screen, as sums: what they have moved stays in what is shown. Who of them
// moves something again takes its share back.

/** As many as the aggregate stage remembers: whoever is not among them begins at zero again. Some 100 bytes each. */
const MOST_TOLD_APART = 65_536

export class FoldedProcesses {
  count = 0
  /** Bytes. */
  rx = 0
  tx = 0
  /** Bytes of each, by key. */
  private readonly shares = new Map<string, readonly [rx: number, tx: number]>()

  add(key: string, rx: number, tx: number): void {
    this.change(1, rx, tx)
    this.shares.set(key, [rx, tx])
    if (this.shares.size > MOST_TOLD_APART) this.shares.delete(this.shares.keys().next().value as string)
  }

  /** The process has a row of its own again. */
  takeBack(key: string): void {
    const share = this.shares.get(key)
    if (share === undefined) return
    this.shares.delete(key)
    this.change(-1, -share[0], -share[1])
  }

  /** Its sums, to look at. */
  copy(): FoldedProcesses {
    const copy = new FoldedProcesses()
    copy.change(this.count, this.rx, this.tx)
    return copy
  }

  private change(count: number, rx: number, tx: number): void {
    this.count += count
    this.rx += rx
    this.tx += tx
  }
}
