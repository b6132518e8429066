// Which operation an iteration does, and on what: by its number and the seed, so that every run
// asks the same, and several generators share the work.
import { seed } from './settings.js';

const DECKS = 12; // shuffled one after another: no pattern of a service's can meet just one card

// A number of 32 bits from two, well mixed (the finalizer of MurmurHash3).
export function mixed(number, salt) {
  let h = (number ^ Math.imul(salt + 1, 0x9e3779b1) ^ seed) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

// One of `things` for iteration `number`; another `salt`, another choice.
export function chosen(things, number, salt) {
  return things[mixed(number, salt) % things.length];
}

// `cards` is [[what, how many], ...]; returns a function of an iteration's number.
export function deck(cards) {
  const one = cards.flatMap(([what, times]) => Array(times).fill(what));
  const all = [];
  for (let round = 0; round < DECKS; round += 1) {
    const shuffled = one.slice();
    for (let at = shuffled.length - 1; at > 0; at -= 1) {
      const other = mixed(round * one.length + at, 7) % (at + 1);
      [shuffled[at], shuffled[other]] = [shuffled[other], shuffled[at]];
    }
    all.push(...shuffled);
  }
  return (number) => all[number % all.length];
}
