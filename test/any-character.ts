import fc from 'fast-check';

const surrogates = { first: 0xd800, count: 0x800 };

/**
 * Every code point but surrogates, like fast-check's unit "binary", whose table takes a second to
 * make.
 */
export const anyCharacter = fc
  .nat(0x10_ffff - surrogates.count)
  .map((point) =>
    String.fromCodePoint(point < surrogates.first ? point : point + surrogates.count),
  );
