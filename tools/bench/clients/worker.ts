// One contender, one row, one process: node worker.ts <contender> <row as JSON> <bootstrap> <topic> [--quick]
import { type ContenderName, loadContender } from './client-under-test.ts';
import { measureRow, type Row } from './rows.ts';
import { readSettings } from './settings.ts';

const [name, row, bootstrap, topic, quick] = process.argv.slice(2);
const client = await loadContender(name as ContenderName);
const settings = readSettings(quick === '--quick');
const measured = await measureRow(client, JSON.parse(row!) as Row, bootstrap!, topic!, settings);
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
