// Say what is missing before npm does it in many words.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `droplake needs Node.js 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org/en/download`,
  )
  process.exit(2)
}
