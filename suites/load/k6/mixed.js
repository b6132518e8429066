// The mixed workload: of 100 requests 80 read. An iteration is one arrival.
import exec from 'k6/execution';
import { optionsFor } from './arrivals.js';
import { deck } from './deck.js';
import { getImage, getProduct, listByCategory, listByPrice, listTwoPages, search } from './reading.js';
import { createAndDelete, orderAndRestock, updateProduct } from './writing.js';

export { handleSummary } from './summary.js';

// 83 arrivals, 100 requests (fixtures/load/profiles.py counts on both).
const operation = deck([
  [getProduct, 30],
  [listByCategory, 8],
  [listTwoPages, 8],
  [listByPrice, 10],
  [search, 8],
  [getImage, 8],
  [createAndDelete, 5],
  [orderAndRestock, 4],
  [updateProduct, 2],
]);

export const options = optionsFor(83);

export default function () {
  const number = exec.scenario.iterationInTest;
  operation(number)(number);
}
