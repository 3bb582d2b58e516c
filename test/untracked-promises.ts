/**
 * Loaded before the tests. An async hook of node:test follows every promise to the test that it
 * belongs to, which takes a tenth of the suite's time, to name that test where an error escapes
 * from it. Without promises the hook still follows everything else, and an error that escapes still
 * fails the run.
 */
import { createHook } from 'node:async_hooks';

type Hook = { enable: (this: Hook) => Hook; [symbol: symbol]: unknown };

const hook = createHook({ trackPromises: false }) as unknown as Hook;
const [withoutPromises] = Object.getOwnPropertySymbols(hook).filter(
  (symbol) => hook[symbol] === true,
);
const prototype = Object.getPrototypeOf(hook) as Hook;
const enableWithPromises = prototype.enable;

if (withoutPromises !== undefined) {
  prototype.enable = function enableWithoutPromises() {
    this[withoutPromises] = true;
    return enableWithPromises.call(this);
  };
}
