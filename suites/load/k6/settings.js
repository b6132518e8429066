// What a run is told: by environment variables alone, none of which k6 itself reads.

function needed(name) {
  const value = __ENV[name];
  if (!value) {
    throw new Error(`${name} is not set: fixtures/load/command.py, or the TestRun, sets it`);
  }
  return value;
}

export const baseUrl = needed('GATE_LOAD_BASE_URL'); // with the base path
export const imagesUrl = needed('GATE_LOAD_IMAGES_URL');
export const dataFile = needed('GATE_LOAD_DATA');
export const summaryFile = needed('GATE_LOAD_SUMMARY');
export const seed = Number(needed('GATE_LOAD_SEED'));
export const mark = needed('GATE_LOAD_MARK'); // in the sku of what this run creates
export const timeout = `${needed('GATE_LOAD_TIMEOUT_S')}s`;
export const vus = Number(needed('GATE_LOAD_VUS'));

// "45:100,10:150": seconds at requests a second, one stage after another.
export const stages = needed('GATE_LOAD_STAGES')
  .split(',')
  .map((stage) => stage.split(':').map(Number))
  .map(([seconds, rate]) => ({ seconds, rate }));

export const tokens = {
  reader: needed('GATE_LOAD_TOKEN_READER'),
  editor: needed('GATE_LOAD_TOKEN_EDITOR'),
  admin: needed('GATE_LOAD_TOKEN_ADMIN'),
};
