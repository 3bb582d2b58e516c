import { AsyncLocalStorage } from 'node:async_hooks';

type Step<Transaction> = (trx: Transaction) => Promise<void>;

export type OpenTransaction<Transaction> = {
  trx: Transaction;
  commit(): Promise<void>;
  /** Never throws; does nothing after the end. */
  rollBack(): Promise<void>;
};

/**
 * The last transaction of some work, which is committed together with its outcome. Each transaction
 * of the work ends with the same step and then stays open: until `commitWith`, or until the work
 * asks for another connection. On the embedded database there is only one.
 */
export class LastTransaction<Transaction> {
  readonly #step: Step<Transaction>;
  #open: OpenTransaction<Transaction> | null = null;
  #waiting = 0;
  #isOver = false;

  constructor(step: Step<Transaction>) {
    this.#step = step;
  }

  run(work: () => void): void {
    ofWork.run(this, work);
  }

  /** Ends the work. False if no transaction is open; throws if it is rolled back instead. */
  async commitWith(step: Step<Transaction>): Promise<boolean> {
    this.#isOver = true;
    return this.#commit(step);
  }

  /** Called when the work of a transaction is done. */
  async end(transaction: OpenTransaction<Transaction>): Promise<void> {
    await this.#step(transaction.trx);
    await this.#commit();
    this.#open = transaction;
    if (this.#isOver || this.#waiting > 0) await this.#commit();
  }

  /** Called for each connection of the work. */
  async connect<T>(connect: () => Promise<T>): Promise<T> {
    await this.#commit();
    this.#waiting += 1;
    try {
      return await connect();
    } finally {
      this.#waiting -= 1;
    }
  }

  async #commit(step: Step<Transaction> = async () => {}): Promise<boolean> {
    const open = this.#open;
    if (open === null) return false;
    this.#open = null;
    try {
      await step(open.trx);
      await open.commit();
    } finally {
      await open.rollBack();
    }
    return true;
  }
}

const ofWork = new AsyncLocalStorage<unknown>();

/** The type is that of the one database. */
export function currentLastTransaction<Transaction>(): LastTransaction<Transaction> | undefined {
  return ofWork.getStore() as LastTransaction<Transaction> | undefined;
}
