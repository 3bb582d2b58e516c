/** The package has no types of its own. */
declare module 'bloomfilter' {
  export class BloomFilter {
    constructor(bits: number, hashes: number);
    readonly k: number;
    readonly buckets: Uint32Array<ArrayBuffer>;
    /** Throws a `RangeError` for one of more than 2^32 bits. */
    static withTargetError(members: number, falsePositiveRate: number): BloomFilter;
    add(member: string): void;
    test(member: string): boolean;
  }
}
