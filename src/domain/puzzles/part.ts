import type { Dependencies } from '../dependencies.ts';
import { deletePastPuzzles } from './spent-puzzles.ts';

export const puzzles = {
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deletePastPuzzles(db)],
};
