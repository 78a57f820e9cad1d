const { getModule } = require('./running-program.cjs');

const words = getModule('network-faults');
exports.blackHole = words.blackHole;
exports.cutAfter = words.cutAfter;
exports.latency = words.latency;
exports.refuseConnect = words.refuseConnect;
exports.slowAnswer = words.slowAnswer;
exports.slowConnect = words.slowConnect;
