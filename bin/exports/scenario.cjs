const { getModule } = require('./running-program.cjs');

// One by one, because that is how Node finds the names that an import may ask for.
const words = getModule('scenario');
exports.scenario = words.scenario;
