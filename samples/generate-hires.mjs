// Writes the sample uploads of the hires lake: samples/hires/{departments,jobs,employees}.csv.
// Everything in them is invented. The same seed gives the same bytes: node samples/generate-hires.mjs
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SEED = 20210701
const EMPLOYEES = 2000
const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'hires')

/** Weights say how many people a department hires, compared with the others; Archive hires nobody in 2021. */
const DEPARTMENTS = [
  ['Sales', 14],
  ['Support', 12],
  ['Engineering', 16],
  ['Research and Development', 9],
  ['Human Resources', 7],
  ['Marketing', 8],
  ['Legal, Risk and Compliance', 3],
  ['Accounting', 5],
  ['Logistics', 10],
  ['Training', 4],
  ['Facilities', 3],
  ['Archive', 1],
]
const ARCHIVE = DEPARTMENTS.length

const LEVELS = ['Junior', 'Senior', 'Lead', 'Assistant', 'Associate', 'Principal']
const CRAFTS = [
  'Analyst',
  'Engineer',
  'Planner',
  'Recruiter',
  'Accountant',
  'Designer',
  'Editor',
  'Buyer',
  'Technician',
  'Trainer',
]
const FIELDS = ['Data', 'Network']
const ODD_JOBS = ['Lab Manager "Night Shift"', 'Chef', 'Translator', 'Librarian']

const FIRST = `Aaliyah Abena Adjoa Aiko Alda Alejo Amina Anouk Arjun Astrid Ayla Bao Beatriz Benedikt Bram Brigid Caio Camille
Chidi Chloé Cormac Dalia Darius Deniz Dragana Eero Efua Eilidh Elif Emeka Enzo Esi Fadil Farah Femke Fergus Freya Gaspard
Giulia Goran Hana Haruto Hedda Henrik Ibrahim Ilse Imani Ingrid Isamu Ivo Jadwiga Jamal Joaquín Jorun Kamala Kenji Kofi Lars
Leila Liv Lucía Mads Maeve Malik Marisol Mateus Mei Milan Nadia Ngozi Niamh Noor Odile Oluwa Oscar Petra Priya Quentin Rania
Rasmus Rosalind Sanjay Selma Sigrid Soraya Tadeusz Tariq Thandi Tomás Ulrike Valentín Wanjiru Xiomara Yara Yusuf Zainab Zoë`
const FAMILY = `Abara Achterberg Adeyemi Aguilar Almqvist Amari Andrade Aoki Baptiste Barros Bello Berglund Bianchi Boateng Brandt
Caruso Castell Chaudhry Cisse Dahl Danjuma Demir Diallo Dlamini Duarte Eriksen Estrada Faraday Fedorov Ferrante Fischer
Fontaine Fujita Galvão García Gruber Haddad Hagen Halloran Hansen Hoang Horvat Ibáñez Ito Jansen Jimoh Kariuki Kaya Keita
Khalil Kimani Kowal Kruger Laurent Lindqvist Lopes Maalouf Mbeki Meyer Moreau Mwangi Nakata Ndiaye Nkosi Novak Núñez O'Neill
Okafor Olsen Osei Öztürk Pereira Petrov Quispe Rahimi Ramos Rossi Saito Sandoval Schäfer Silva Singh Soto Suarez Takeda
Tanaka Thorne Traoré Ueda Vargas Vasquez Vinter Wafula Weiss Yamada Zapata Zeller Zhou Smith-Okoro`

const random = mulberry32(SEED)

write('departments.csv', departmentLines())
write('jobs.csv', jobLines())
write('employees.csv', employeeLines())

/** With a header; number 3 stands twice, number 14 has no name. */
function departmentLines() {
  const lines = DEPARTMENTS.map(([name], index) => record([index + 1, name]))
  return ['department_id,department_name', ...lines, '3,Engineering again', '14,']
}

/** Without a header; the last name is longer than 100 characters. */
function jobLines() {
  const names = [
    ...LEVELS.flatMap((level) => FIELDS.flatMap((field) => CRAFTS.map((craft) => `${level} ${field} ${craft}`))),
    ...ODD_JOBS,
  ]
  return [
    ...names.map((name, index) => record([index + 1, name])),
    record([names.length + 1, `Deputy ${'Vice '.repeat(20)}President`]),
  ]
}

/** With a header; good employees, and every kind of broken record spread among them. */
function employeeLines() {
  const lines = Array.from({ length: EMPLOYEES }, (_, index) => goodEmployee(index + 1))
  brokenRecords().forEach((broken, index) => {
    lines[25 + index * 27] = broken
  })
  return ['employee_id,employee_name,hiring_date,department_id,job_id', ...lines]
}

function goodEmployee(id) {
  const department = weightedDepartment()
  const date = department === ARCHIVE ? moment(2020) : moment(pick([2020, 2021, 2021, 2021, 2021, 2021, 2022]))
  return record([id, personName(id), date, department, 1 + below(124)])
}

/** Some names need quotes: `Kimani, Ayla`, and one has a line break in it. */
function personName(id) {
  const [first, family] = [pick(FIRST.split(/\s+/)), pick(FAMILY.split(/\s+/))]
  if (id === 1234) return `${first}\n${family}`
  return id % 97 === 0 ? `${family}, ${first}` : `${first} ${family}`
}

/** One line, or bytes, for each. The numbers of employees are above 3,000, but for the keys that stand twice. */
function brokenRecords() {
  const date = '2021-05-17T08:30:00Z'
  const missing = [',Aiko Dahl', '3001,', '3002,Bram Ito'].flatMap((start, index) => [
    `${start},${index === 2 ? '' : date},3,7`,
    `30${10 + index},Noor Keita,${index === 0 ? '' : date},${index === 1 ? '' : 4},${index === 2 ? '' : 9}`,
  ])
  const dates = [
    '2021-02-30T09:00:00Z',
    '2021-07-01T00:0:1Z',
    '2021/05/01',
    '2021-06-30T24:00:00Z',
    'infinity',
    '2021-05-01 10:00:00',
    '17.05.2021',
  ]
  const numbers = ['1.5', '0x1F', '1e3', '" 7 "', '+12', '٣', '99999999999']
  return [
    ...missing,
    ...dates.map((value, index) => `${3100 + index},Liv Olsen,${value},2,5`),
    ...numbers.map((value) => `${value},Yara Soto,${date},6,8`),
    ...['99', '0', '13'].map((value, index) => `${3200 + index},Kofi Novak,${date},${value},8`),
    ...['999', '500'].map((value, index) => `${3210 + index},Kofi Novak,${date},3,${value}`),
    ...[1, 2, 3].map((id) => `${id},Mads Copy,${date},1,1`),
    `3300,${'Ana María de los Ángeles '.repeat(9)}Núñez,${date},4,4`,
    `3x,,yesterday,99,`, // five faults at once
    '3401,Eero Weiss',
    `3402,Eero Weiss,${date},5`,
    `3403,Eero Weiss,${date},5,6,7`,
    `3404,Weiss, Eero,${date},5,6`,
    `3405,"Eero" Weiss,${date},5,6`,
    `3406,"Eero Weiss,${date},5,6`, // a quote that is never closed
    '',
    Buffer.concat([Buffer.from('3407,Jos'), Buffer.from([0xe9]), Buffer.from(` Weiss,${date},5,6`)]), // Latin-1 in a UTF-8 file
  ]
}

function moment(year) {
  const time = Date.UTC(year, 0, 1) + below(365 * 24 * 3600) * 1000
  return new Date(time).toISOString().replace('.000Z', 'Z')
}

function weightedDepartment() {
  const ballots = DEPARTMENTS.flatMap(([, weight], index) => Array(weight).fill(index + 1))
  return pick(ballots)
}

/** RFC 4180: quotes where they are needed. */
function record(fields) {
  return fields.map((field) => (/[",\n]/.test(field) ? `"${String(field).replaceAll('"', '""')}"` : field)).join(',')
}

function write(name, lines) {
  const bytes = Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])))
  writeFileSync(join(FOLDER, name), bytes)
  console.log(`samples/hires/${name}: ${lines.length} lines, ${bytes.length} bytes`)
}

function pick(list) {
  return list[below(list.length)]
}

function below(limit) {
  return Math.floor(random() * limit)
}

/** Tommy Ettinger's mulberry32: a small generator of numbers in [0, 1) that a seed determines. */
function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
