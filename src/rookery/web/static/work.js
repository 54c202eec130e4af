// Looks for a number whose SHA-256 together with the task begins with so many zero bits; see actions/work.py.
// SHA-256 by hand, because crypto.subtle waits for every single hash. Spec: FIPS 180-4
// @ts-check
const K = new Int32Array(64);
const START = new Int32Array(8);
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (/** @type {number} */ x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
primes.forEach((p, i) => (K[i] = fraction(Math.cbrt(p))));
primes.slice(0, 8).forEach((p, i) => (START[i] = fraction(Math.sqrt(p))));

const W = new Int32Array(64);
const turn = (/** @type {number} */ x, /** @type {number} */ by) => (x >>> by) | (x << (32 - by));

/** Take one block of 64 bytes into the state. @param {Int32Array} state @param {DataView} view @param {number} at */
const take = (state, view, at) => {
  for (let i = 0; i < 16; i += 1) W[i] = view.getInt32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const x = W[i - 15];
    const y = W[i - 2];
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3);
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = (state[i] + value) | 0));
};

/** Write text, padding and length as whole blocks. @param {string} text */
const padded = (text) => {
  const raw = new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(Math.ceil((raw.length + 9) / 64) * 64));
  raw.forEach((byte, i) => view.setUint8(i, byte));
  view.setUint8(raw.length, 0x80);
  view.setUint32(view.byteLength - 4, raw.length * 8);
  return view;
};

/** How many zero bits the hash begins with, as far as 32. @param {string} text */
const zeroBits = (text) => {
  const view = padded(text);
  const state = START.slice();
  for (let at = 0; at < view.byteLength; at += 64) take(state, view, at);
  return Math.clz32(state[0]);
};

onmessage = (event) => {
  const { task, bits } = event.data;
  let number = 0;
  while (zeroBits(`${task}:${number}`) < bits) number += 1;
  postMessage(number);
};
