// The mixed workload for a generator that stands elsewhere (docs/scale-out.md): it looks at the
// subject itself and says what it was told, so that `gate evidence import` can take its word.
import { baseUrl, imagesUrl, mark, seed, stages, summaryFile } from './settings.js';
import { counts } from './summary.js';

export { default, options } from './mixed.js';
export { setup, teardown } from './subject.js';

export function handleSummary(data) {
  const beside = data.metrics.beside ? data.metrics.beside.values.count : 0;
  const counted = counts(data);
  const told = data.setup_data || {};
  const summary = {
    schema: 'promotion-gate/generator/1',
    ...counted,
    requests: counted.requests - beside,
    segment: told.segment || '',
    sequence: told.sequence || '',
    profile: __ENV.GATE_LOAD_PROFILE || '',
    scripts: __ENV.GATE_LOAD_SCRIPTS || '',
    base_url: baseUrl,
    images_url: imagesUrl,
    stages: stages.map(({ seconds, rate }) => ({ seconds, rate })),
    seed,
    mark,
  };
  return { [summaryFile]: JSON.stringify(summary) };
}
