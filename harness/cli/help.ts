/** `meshrig --help`: what exists, and nothing else. */
export const HELP = `meshrig: run gateway-to-Lambda scenarios on this machine
  run [name...]      run scenarios (all by default)             make scenario NAME=...
  list [name...]     names, backends, tags                      make list
  explain [file]     why was it refused? request, log or error  make explain FILE=...
  aws                the strict mock AWS, for outside clients   make aws
  proxy              the data plane alone: --bootstrap FILE

Choose   --tag t  --skip-tag t  --scenarios dir  --allow-none
Repeat   --seed s
Run      --fail-fast  --timeout 60s  --without fix|fault  --workers n
Show     --reporter list|json|junit  --output dir  --ascii  --verbose  --version
Examples
  meshrig run port-forward --seed 7f3a91c2
  meshrig explain request.txt --now 20150830T123600Z
`;
