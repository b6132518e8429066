// Several updates of one product at the same moment, each of what it had read: of those with one
// ETag the first wins (200), every other one is told so (412), and nothing is lost.
import exec from 'k6/execution';
import http from 'k6/http';
import { isProduct } from './answers.js';
import { optionsFor } from './arrivals.js';
import { ask, request, written } from './asking.js';
import { products } from './data.js';

export { handleSummary } from './summary.js';

const AT_ONCE = 3;
const GET_PRODUCT = { name: 'get_product', kind: 'read', host: 'api' };
const UPDATE = { name: 'update_product', kind: 'write', host: 'api' };

// 25 arrivals, 100 requests: one that reads and three that write.
export const options = optionsFor(25);

export default function () {
  const index = exec.scenario.iterationInTest % products.length;
  const { id, sku } = products[index];
  const path = `/products/${encodeURIComponent(id)}`;
  const read = ask(GET_PRODUCT, 'GET', path, {
    role: 'editor',
    expected: 200,
    judge: (answer) => isProduct(id, sku)(answer) || (answer.headers.Etag ? '' : 'no_etag'),
  });
  if (!read) {
    return;
  }
  const update = request(UPDATE, 'PUT', path, {
    role: 'editor',
    headers: { 'If-Match': read.headers.Etag },
    body: { inventory: read.json().inventory + 1 },
  });
  const judge = (answer) => (answer.status === 200 ? isProduct(id, sku)(answer) : '');
  const mark = (answer) => (answer.status === 200 ? `won-${index}` : '');
  for (const answer of http.batch(Array(AT_ONCE).fill(update))) {
    written(UPDATE, answer, [200, 412], judge, mark);
  }
}
