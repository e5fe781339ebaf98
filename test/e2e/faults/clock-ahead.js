// Preloaded into an action whose machine has a wrong clock: FAULTS_CLOCK_AHEAD is by how many milliseconds.
const ahead = Number(process.env.FAULTS_CLOCK_AHEAD);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length > 0) super(...given);
    else super(RealDate.now() + ahead);
  }

  static now() {
    return RealDate.now() + ahead;
  }
};
