// One request an arrival, measured just as the workloads measure theirs.
import { optionsFor } from '../suites/load/k6/arrivals.js';
import { ask } from '../suites/load/k6/asking.js';

export { handleSummary } from '../suites/load/k6/summary.js';

export const options = optionsFor(100);

export default function () {
  ask({ name: 'get_product', kind: 'read', host: 'api' }, 'GET', '/products/any', {
    role: 'reader',
    expected: 200,
  });
}
