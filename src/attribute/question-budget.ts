// How often the kernel is asked for a single socket: a question costs some 10 us, so that beyond a few of them one look at all
// sockets is cheaper.

const LIMIT = 64
const WINDOW_US = 50_000

export class QuestionBudget {
  private windowUs = 0
  private asked = 0

  /** @returns whether one more may be asked now; it counts */
  take(nowUs: number): boolean {
    if (nowUs - this.windowUs > WINDOW_US) {
      this.windowUs = nowUs
      this.asked = 0
    }
    return this.asked++ < LIMIT
  }
}
