// Writes the sample uploads of the hires lake: samples/hires/{departments,jobs,employees}.csv.
// Run it from the repository: node samples/generate-hires.mjs
//
// The ferry line and everybody at it are invented: names are put together from the lists below, dates and jobs are drawn
// by a seeded generator, so each run writes the same bytes. Every EVERYth employee is broken in one of the ways that
// the lake knows, and the rest are good.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'hires')
const SEED = 20210701
const EVERY = 32

/** The weight says how many people a department hires, compared with the others. */
const DEPARTMENTS = [
  ['Harbour Operations', 16],
  ['Deck Crew', 14],
  ['Ticketing', 12],
  ['Freight', 10],
  ['Ship Maintenance', 9],
  ['Galley', 8],
  ['Passenger Care', 7],
  ['Route Planning', 5],
  ['Safety, Health and Environment', 4],
  ['Payroll', 3],
  ['Radio Room', 2],
  ['Lighthouse Museum', 2],
]
/** It hires in 2020 and in 2022 only. */
const MUSEUM = DEPARTMENTS.length
/** Written without its name, so that it is quarantined and nobody can be hired there. */
const NAMELESS_DEPARTMENT = DEPARTMENTS.length + 1

const LEVELS = ['Trainee', 'Junior', 'Senior', 'Lead', 'Deputy']
const FIELDS = ['Deck', 'Engine', 'Harbour', 'Cargo']
const CRAFTS = ['Inspector', 'Planner', 'Technician', 'Clerk', 'Instructor', 'Coordinator']
const JOBS = [
  ...LEVELS.flatMap((level) => FIELDS.flatMap((field) => CRAFTS.map((craft) => `${level} ${field} ${craft}`))),
  'Cook "Night Watch"',
  'Keeper, Lighthouse',
  'Pilot',
]
/** Written with a name that is too long, so that it is quarantined and nobody can have it. */
const LONG_JOB = JOBS.length + 1

const FIRST_NAMES = `Aaliyah Abena Aiko Alejo Amina Anouk Arjun Astrid Ayla Bao Beatriz Benedikt Bram Brigid Caio Camille Chidi Chloé
Cormac Dalia Darius Deniz Dragana Eero Efua Eilidh Elif Emeka Enzo Esi Fadil Farah Femke Fergus Freya Gaspard Giulia Goran
Hana Haruto Hedda Henrik Ibrahim Ilse Imani Ingrid Isamu Ivo Jadwiga Jamal Joaquín Jorun Kamala Kenji Kofi Leila Liv Lucía
Mads Maeve Malik Marisol Mateus Mei Milan Nadia Ngozi Niamh Noor Odile Oscar Petra Priya Quentin Rania Rasmus Rosalind
Sanjay Selma Sigrid Soraya Søren Tadeusz Tariq Thandi Tomás Ulrike Valentín Wanjiru Xiomara Yara Yusuf Zainab Zoë`
const FAMILY_NAMES = `Abara Achterberg Adeyemi Aguilar Almqvist Amari Andrade Aoki Baptiste Barros Bello Berglund Bianchi Boateng
Brandt Caruso Castell Chaudhry Cissé Dahl D'Angelo Danjuma Demir Diallo Dlamini Duarte Eriksen Estrada Fedorov Ferrante Fischer
Fontaine Fujita Galvão García Gruber Haddad Halloran Hoang Horvat Ibáñez Ito Jansen Jimoh Kariuki Kaya Keita Khalil Kimani
Kowal Kruger Laurent Lindqvist Lopes Maalouf Meyer Moreau Mwangi Nakata Ndiaye Nkosi Novák Núñez O'Neill Okafor Olsen Osei
Öztürk Pereira Petrov Quispe Rahimi Ramos Rossi Saito Sandoval Schäfer Silva Singh Smith-Okoro Soto Takeda Thorne Traoré
Ueda Vargas Vinter Wafula Weiss Yamada Zapata Zeller Zhou`

const random = mulberry32(SEED)

write('departments.csv', departmentLines())
write('jobs.csv', jobLines())
write('employees.csv', employeeLines())

/** With a header; at the end a number for the second time, and a department without a name. */
function departmentLines() {
  const lines = DEPARTMENTS.map(([name], index) => line([index + 1, name]))
  return ['department_id,department_name', ...lines, '3,Ticket Sales', `${NAMELESS_DEPARTMENT},`]
}

/** Without a header; at the end a name of more than 100 characters. */
function jobLines() {
  return [...JOBS, `Deputy ${'Vice '.repeat(20)}Captain`].map((name, index) => line([index + 1, name]))
}

/** With a header; `EVERY - 1` good employees, a broken one, and so on until every fault was there. */
function employeeLines() {
  const faults = shuffle(everyFault())
  const lines = Array.from({ length: faults.length * EVERY }, (_, index) => {
    const employee = hire(index + 1)
    const isBroken = employee.id % EVERY === 0
    return isBroken ? faults[employee.id / EVERY - 1](employee) : line(Object.values(employee))
  })
  return ['employee_id,employee_name,hiring_date,department_id,job_id', ...lines]
}

function hire(id) {
  const department = pickDepartment()
  const year = pick(department === MUSEUM ? [2020, 2022] : [2020, 2021, 2021, 2021, 2021, 2022])
  return { id, name: personName(id), date: momentIn(year), department, job: 1 + below(JOBS.length) }
}

/** `Ayla Kimani`; now and then `Kimani, Ayla`, which must be quoted, and once a name on two lines. */
function personName(id) {
  const first = pick(FIRST_NAMES.split(/\s/))
  const family = pick(FAMILY_NAMES.split(/\s/))
  if (id === 1001) return `${first}\n${family}`
  return id % 101 === 0 ? `${family}, ${first}` : `${first} ${family}`
}

function momentIn(year) {
  const secondsOfYear = (Date.UTC(year + 1, 0) - Date.UTC(year, 0)) / 1000
  return new Date(Date.UTC(year, 0) + below(secondsOfYear) * 1000).toISOString().replace('.000Z', 'Z')
}

function pickDepartment() {
  return pick(DEPARTMENTS.flatMap(([, weight], index) => Array(weight).fill(index + 1)))
}

/** A fault makes of a good employee what stands in the file: a line, or bytes where they are no UTF-8. */
function everyFault() {
  return [
    ...missingValues(),
    ...looseIds(),
    ...looseDates(),
    ...longNames(),
    ...unknownReferences(),
    ...takenIds(),
    ...fiveFaultsAtOnce(),
    ...wrongFieldCounts(),
    ...damagedQuotes(),
    ...strangeBytes(),
    () => '', // a blank line is no record at all
  ]
}

function missingValues() {
  const columns = ['id', 'name', 'date', 'department', 'job']
  return [...columns, ...columns, ...columns].map((column) => having({ [column]: '' }))
}

/** Numbers to many a reader, but not written as one. */
function looseIds() {
  return ['1.5', '0x1F', '1e3', ' 7 ', '" 7 "', '+12', '007', '٣', '99999999999'].map((id) => asItStands({ id }))
}

function looseDates() {
  return [
    '2021-2-30T09:00:00Z',
    '2021-02-30T09:00:00Z',
    '2021-07-01T00:0:1Z',
    '2021/05/01',
    '2021-05-01 10:00:00',
    '2021-06-30T24:00:00Z',
    '17.05.2021',
    'infinity',
  ].map((date) => having({ date }))
}

/** Of 207, 204 and 201 characters; at most 200 are allowed. */
function longNames() {
  return ['Ana María '.repeat(21).slice(0, 207), 'Bartholomew '.repeat(17), '阿'.repeat(201)].map((name) =>
    having({ name }),
  )
}

/** Numbers that nobody has, one whose department or job is in quarantine itself, and texts that are no number. */
function unknownReferences() {
  return [
    ...[99, 0, NAMELESS_DEPARTMENT, 'Galley', '4.0'].map((department) => having({ department })),
    ...[999, -1, LONG_JOB, 'Pilot'].map((job) => having({ job })),
  ]
}

/** The numbers of employees some lines above. */
function takenIds() {
  return [10, 11, 12, 13].map((back) => (employee) => having({ id: employee.id - back })(employee))
}

function fiveFaultsAtOnce() {
  return [({ id }) => `${id}x,,yesterday,99,`, ({ id }) => line([id - 10, 'Bartholomew '.repeat(17), 'never', 99, 999])]
}

function wrongFieldCounts() {
  return [
    ({ id }) => String(id),
    ({ id, name }) => line([id, name]),
    ({ id, name, date, department }) => line([id, name, date, department]),
    asItStands({ job: '8,' }),
    asItStands({ job: '8,7,7' }),
    asItStands({ name: 'Weiss, Eero' }),
  ]
}

/**
 * Text after a closing quote, and a quote that nothing closes. The next quote of the file opens a name, and text after it
 * cannot be right: there a reader sees that one was lost.
 */
function damagedQuotes() {
  return ['"Eero" Weiss', '"Amina" "Dahl"', '"Zoë Kaya" ', '"Haruto Ueda'].map((name) => asItStands({ name }))
}

/** Latin-1 where UTF-8 is due, and a NUL. */
function strangeBytes() {
  return [
    (employee) => Buffer.from(having({ name: 'José Lopes' })(employee), 'latin1'),
    having({ name: 'Nadia\0Silva' }),
  ]
}

function having(change) {
  return (employee) => line(Object.values({ ...employee, ...change }))
}

/** Without quotes but those of the text itself. */
function asItStands(change) {
  return (employee) => Object.values({ ...employee, ...change }).join(',')
}

/** RFC 4180: quotes where they are needed, and doubled within. */
function line(fields) {
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')
}

function write(name, lines) {
  const bytes = Buffer.concat(lines.flatMap((text) => [Buffer.from(text), Buffer.from('\n')]))
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, name), bytes)
  console.log(`samples/hires/${name}: ${lines.length} rows, ${bytes.length} bytes`)
}

function shuffle(list) {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

function pick(list) {
  return list[below(list.length)]
}

function below(limit) {
  return Math.floor(random() * limit)
}

/** mulberry32 (Tommy Ettinger): numbers in [0, 1) that a 32-bit seed determines, the same on every machine. */
function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
