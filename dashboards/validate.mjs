// SPDX-License-Identifier: GPL-2.0-only
//
// usage: node validate.mjs FILE…
//
// Whether dashboards are what source/schema.ts says. Exits 1 if one is not, and says where.

import Ajv from 'ajv';
import { readFileSync } from 'node:fs';
import { createGenerator } from 'ts-json-schema-generator';

const schema = createGenerator({
	path: 'source/schema.ts',
	tsconfig: 'tsconfig.json',
	type: 'OurDashboard',
	functions: 'hide',
	// Grafana has types of the same name in several modules: all is written out in place.
	expose: 'none',
}).createSchema('OurDashboard');
// Not strict: the schema has TypeScript's own words in it.
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

for (const file of process.argv.slice(2)) {
	if (validate(JSON.parse(readFileSync(file, 'utf8'))))
		continue;
	process.exitCode = 1;
	for (const { instancePath, message, params } of validate.errors)
		console.error(`${file}: ${instancePath} ${message} ${JSON.stringify(params)}`);
}
