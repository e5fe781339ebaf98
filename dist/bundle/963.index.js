var Ju=Object.defineProperty;var o=(Ie,se)=>Ju(Ie,"name",{value:se,configurable:!0});export const id=963,ids=[963],modules={3963:((Ie,se,m)=>{m.d(se,{build:o(()=>Wu,"build")});var L=m(7598),U=m(6760),_=m(2030),p=m(5145),He=m(7075),ie=m(6089);const Ke=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function We(e){const t=URL.canParse(e)?new URL(e):void 0;if(t&&/^https?:$/.test(t.protocol))return t;throw new p.yo("HTTP_URL",`"${(0,ie.B)(e)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}o(We,"parseHttpUrl");function $e(e){const t=Object.entries(e.headers??{}).map(([n,s])=>[n.toLowerCase(),s]);return{...e,headers:Object.fromEntries(t)}}o($e,"withLowerCaseHeaders");function y(e,t,n){const{body:s,headers:i={},...r}=e,a=e.method??"GET",c=t===303?a!=="HEAD":t<303&&a==="POST",l=n.to.origin!==n.from.origin,d=o($=>l&&Ke.test($)||c&&$.startsWith("content-"),"dropped"),h=Object.entries(i).filter(([$])=>!d($)),g={...r,headers:Object.fromEntries(h)};if(c)return{...g,method:"GET"};if(s===void 0)return g;if(typeof s=="string"||s instanceof Uint8Array)return{...g,body:s};throw new p.eG("HTTP_REDIRECTS",`${(0,ie.B)(n.from)} redirects a ${a} whose body is a stream.`,{mend:`Send it to ${(0,ie.B)(n.to)} directly.`})}o(y,"redirected");var E=m(2781),z=m(3464),R=m(1692);const S=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function H(e){const t=e.match(S)??[],n=t.findIndex(i=>!_e(i));if(t.length>0&&n<0)return t;const s=t.length===0?"holds no certificate":`is broken at certificate ${n+1}`;throw new p.yo("CA_INVALID",`The CA bundle ${s}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}o(H,"splitPem");function _e(e){try{return new L.X509Certificate(e),!0}catch{return!1}}o(_e,"isCertificate");function Ts(e){if(e.length!==0)return R.createSecureContext({ca:[...R.getCACertificates("default"),...e.flatMap(H)]})}o(Ts,"trustContext");const xs=4<<20,Rs=3e4,Ot=1e4,Is=5,_s=new Set([301,302,303,307,308]);function As(e={}){const t=new Map,n=o(i=>{const r=t.get(i)??Os(i,e.ca??[]);return t.set(i,r),r},"agentFor"),s=o(async(i,r)=>{const a=(0,z.i)(i,e.env??{});return{url:i,request:r,proxy:a,agent:await n(a)}},"hop");return{request:o(async(i,r={})=>Ns(s,We(i),$e(r)),"request"),close:o(async()=>{for(const i of t.values())await i.then(r=>r.destroy(),()=>{})},"close")}}o(As,"createHttp");async function Os(e,t){const n=Ts(t),{Agent:s,ProxyAgent:i}=await m.e(752).then(m.t.bind(m,4371,19)),r={...n&&{secureContext:n},autoSelectFamily:!0};return e?new i({uri:e,requestTls:r,proxyTls:r,connectTimeout:Ot}):new s({connect:{...r,timeout:Ot}})}o(Os,"makeAgent");async function Ns(e,t,n){const s=n.redirects??Is;let[i,r]=[t,n];for(let a=0;;a++){const c=await Ls(await e(i,r)),{location:l}=c.headers;if(s===0||!l||!_s.has(c.status))return c;if(c.body.destroy(),a===s)throw Nt(t,`redirects more than ${s} times`);const d=URL.canParse(l,i.href)?new URL(l,i):void 0;if(!d||!/^https?:$/.test(d.protocol))throw Nt(i,"redirects to what is no http URL");r=y(r,c.status,{from:i,to:d}),i=d}}o(Ns,"follow");function Nt(e,t){return new p.eG("HTTP_REDIRECTS",`${(0,ie.B)(e)} ${t}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}o(Nt,"badRedirect");async function Ls({url:e,request:t,proxy:n,agent:s}){const{signal:i,timeout:r=Rs}=t,a=o(c=>i?.aborted?(0,_.Js)(i):(0,E.x)(c,e,n),"explained");(0,_.Te)(i);try{const c=await s.request({origin:e.origin,path:e.pathname+e.search,method:t.method??"GET",headers:{...Cs(e),...t.headers},body:t.body??null,signal:i??null,headersTimeout:r,bodyTimeout:r}),l=Ms(c.body,a);return{status:c.statusCode,headers:Ps(c.headers),url:e.href,body:l,text:o((d=xs)=>Ds(l,e,d),"text")}}catch(c){throw a(c)}}o(Ls,"send");function Cs(e){if(!e.username)return{};const t=`${decodeURIComponent(e.username)}:${decodeURIComponent(e.password)}`;return{authorization:`Basic ${Buffer.from(t).toString("base64")}`}}o(Cs,"basicAuth");function Ps(e){const t=o(([n,s])=>[n,[s??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(e).map(t))}o(Ps,"flatHeaders");function Ms(e,t){const n=new He.PassThrough;e.once("error",s=>n.destroy(t(s))),n.once("close",()=>e.destroy());for(const s of[e,n])s.on("error",()=>{});return e.pipe(n)}o(Ms,"withExplanation");async function Ds(e,t,n){const s=[];let i=0;for await(const r of e){if(i+=r.length,i>n)throw new p.eG("HTTP_TOO_LARGE",`${(0,ie.B)(t)} sent more than ${n} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});s.push(r)}return Buffer.concat(s).toString("utf8")}o(Ds,"readText");var Lt=m(3024),le=m(1455);const Us=64<<20;class zs{static{o(this,"OutputFolder")}path;#e=[];#t;#n=0;constructor(t){this.path=t}get files(){return this.#e}async save(t,n){const s=this.#s(t);return await(0,le.writeFile)(s,typeof n=="string"?n:`${JSON.stringify(n,null,2)}
`),s}record=o(t=>{this.#n>Us||(this.#t??=(0,Lt.createWriteStream)(this.#s("console.log")),this.#n+=t.length+1,this.#t.write(`${t}
`))},"record");async open(){await(0,le.mkdir)(this.path,{recursive:!0})}async close(){await new Promise(t=>this.#t?this.#t.end(t):t())}#s(t){const n=(0,U.join)(this.path,t);return this.#e.includes(n)||this.#e.push(n),n}}var Ae=m(329),I=m(188),Oe=m(775);function Fs(e,t){const{verb:n,resource:s,subresource:i}=e,r=i?`${(0,Oe.I)(s)}/${i}`:(0,Oe.I)(s);return s.namespaced?`${n} ${r} in namespace "${e.namespace??t}"`:`${n} ${r}`}o(Fs,"permissionText");async function Gs(e,t,n={}){const s=await Promise.all(t.map(r=>e.accessReview(r,n))),i=t.filter((r,a)=>!s[a].allowed);if(i.length!==0)throw new p.eG("KUBE_FORBIDDEN",`The kubeconfig's user lacks ${i.length} of ${t.length} permissions on ${e.server}.`,{evidence:i.map(r=>Fs(r,e.namespace)),mend:"Bind a Role with these permissions to it; docs/actions/harvester-golden-build.md has the whole Role."})}o(Gs,"requireAccess");var O=m(5889),q=m(7005);const Bs=[[I.Tx,["get","list","watch","create","patch","delete"]],[I.dr,["get","list","watch","create","patch","delete"]],[I.Bg,["get"]],[q.cW,["get","create","patch","delete"]],[q.h0,["get","list","delete"]],[q.Dp,["get","list"]],[q.Dp,["get"],"log"]];function Hs(e){return Bs.flatMap(([t,n,s])=>n.map(i=>({verb:i,resource:t,namespace:e.namespace,...s&&{subresource:s}})))}o(Hs,"neededAccess");async function Ct(e,t){const{kube:n,signal:s,log:i}=t;try{await Gs(n,Hs(e),{signal:s})}catch(r){if(!(((0,O.c4)(r)||(0,O.US)(r))&&"status"in r))throw r;i.debug("the cluster does not answer questions about permissions")}}o(Ct,"checkAccess");async function Pt(e,t){if(!e.network)return;const[n,s]=e.network.split("/"),{kube:i,signal:r,log:a}=t;await i.get(I.MW,{namespace:n,name:s},{signal:r}).catch(c=>{if(!(0,O.US)(c))throw c;a.debug(`network ${e.network}: may not be read, so it is not checked`)})}o(Pt,"checkNetwork");const Ks="1";var Z=m(5902),je=m(8338);async function Ve(e,t,n,s){const{ours:i,signal:r}=s;try{return{object:await e.create(t,n,{signal:r}),outcome:"created"}}catch(a){if(!(0,O.x9)(a)&&!(0,O.dg)(a))throw a;const c=await e.get(t,n.metadata,{signal:r}).catch(()=>{});if(!c||!i(c))throw a;return{object:c,outcome:"adopted"}}}o(Ve,"createOrAdopt");const Mt=500,Ws=15e3,Dt=8;async function*js(e){const{kube:t,resource:n,clock:s,signal:i}=e,r={namespace:e.namespace,labelSelector:e.labelSelector,fieldSelector:e.name&&`metadata.name=${e.name}`,signal:i};let a,c=0;for(;;){(0,_.Te)(i);try{if(a===void 0){const l=await t.list(n,r);a=l.resourceVersion,yield{kind:"listed",objects:l.items}}for await(const l of t.watch(n,{...r,resourceVersion:a})){if(c=0,l.type==="BOOKMARK"){a=l.resourceVersion;continue}a=l.object.metadata.resourceVersion??a,yield{kind:l.type==="DELETED"?"deleted":"changed",object:l.object}}await s.sleep(Mt,i)}catch(l){if((0,_.Te)(i),l instanceof O.a3&&l.code==="KUBE_GONE"){a=void 0;continue}if(!(0,O.dg)(l)||++c>=Dt)throw l;await Vs(l,c,e)}}}o(js,"observe");async function Vs(e,t,n){const s=Math.min(Ws,Mt*2**t);n.log.info(`watching ${n.resource.plural}: attempt ${t} of ${Dt} failed: ${(0,p.bD)(e)}; next in ${(0,Z.a)(s)}`),await n.clock.sleep(s,n.signal)}o(Vs,"pauseAfter");async function Ut(e){const{clock:t,judge:n,tick:s=1e3}=e,i=new AbortController,r=e.signal?AbortSignal.any([e.signal,i.signal]):i.signal,a=js({...e,signal:r});let c,l=!1,d=a.next();try{for(;;){const h=new AbortController,g=t.sleep(s,AbortSignal.any([r,h.signal])).then(()=>{},qs),$=await Promise.race([d,g]);h.abort(),(0,_.Te)(e.signal),$&&!$.done&&(c=$.value.kind==="listed"?$.value.objects[0]:Ys($.value),l=!0,d=a.next());const x=l?n(c):void 0;if(x!==void 0)return x}}finally{i.abort(),d.catch(()=>{})}}o(Ut,"waitForObject");function Ys(e){return e.kind==="deleted"?void 0:e.object}o(Ys,"present");const qs=o(()=>{},"onlyTimer"),Zs=3;function zt(e){const{failed:t=0,progress:n=0,storageClassName:s=""}=e.status??{},i=we(e,"Imported"),r=we(e,"RetryLimitExceeded");if(i?.status==="True")return s===""?{state:"importing",progress:n,text:"imported; its storage class is not known yet"}:{state:"imported",storageClassName:s};const a=Js(e),c=e.spec.retry??Zs;return r?.status==="True"||i?.status==="False"||t>c?{state:"failed",message:a||"no reason given",attempts:Math.max(1,t)}:t>0&&r?.message?{state:"retrying",progress:n,text:`attempt ${t} of ${c+1} failed: ${r.message}`}:we(e,"Initialized")?.status==="True"?{state:"importing",progress:n,text:`importing, ${n} %`}:{state:"waiting",progress:n,text:"waiting for Harvester to begin the import"}}o(zt,"importState");function Xs(e){return we(e,"BackingImageMissing")?.status==="True"}o(Xs,"isBroken");function Ft(e){const{progress:t=0,failed:n=0,size:s=0,conditions:i=[]}=e.status??{},r=i.map(({type:a,status:c,message:l=""})=>`${a}=${c} ${l}`);return JSON.stringify([t,n,s,r])}o(Ft,"importPulse");function Gt(e){return(e.status?.conditions??[]).map(({type:t,status:n,reason:s="",message:i=""})=>`${t}=${n} ${s} ${i}`.trim())}o(Gt,"conditionLines");function we(e,t){return e.status?.conditions?.find(n=>n.type===t)}o(we,"condition");function Js(e){return["RetryLimitExceeded","Imported","Initialized"].map(n=>we(e,n)?.message).find(n=>n)??""}o(Js,"failureMessage");var k=m(7702);const Qs="harvesterhci.io/imageDisplayName",ei="harvesterhci.io/storageClassName";function Bt(e){if(e.sha512!==void 0&&!/^[0-9a-f]{128}$/.test(e.sha512))throw new p.Gd("INTERNAL",`"${e.sha512}" is not a SHA-512 in hex`);const{labels:t,annotations:n}=(0,k.Nt)(e.ownership);return{apiVersion:(0,Oe.X)(I.Tx),kind:I.Tx.kind,metadata:{name:e.name,namespace:e.namespace,labels:{...t,[Qs]:e.name,"harvesterhci.io/image-type":"raw_qcow2"},annotations:{...n,...e.annotations,...e.storageClass&&{[ei]:e.storageClass},...e.description&&{"field.cattle.io/description":e.description}}},spec:{displayName:e.name,sourceType:"download",url:e.url,...e.sha512&&{checksum:e.sha512},retry:e.retry,storageClassParameters:{numberOfReplicas:"3",staleReplicaTimeout:"30",migratable:"true"}}}}o(Bt,"downloadImage");async function Ht(e,t,n){try{const s=o(i=>(0,k.NG)(i,n.runId)&&i.spec.url===t.spec.url,"ours");return(await Ve(e,I.Tx,t,{ours:s,signal:n.signal})).object}catch(s){throw!(0,O.x9)(s)&&!ti(s)?s:new p.eG("HARVESTER_NAME_TAKEN",`An image named "${t.metadata.name}" already exists in namespace "${t.metadata.namespace}".`,{mend:"Choose another image-name-prefix, or remove that image.",cause:s})}}o(Ht,"createImage");const ti=o(e=>e instanceof O.a3&&e.status===409&&e.message.includes("same name exists"),"isNameTaken");async function Kt(e,t){const{items:n}=await e.list(I.Tx,t);return n.filter(s=>!s.metadata.deletionTimestamp&&!Xs(s)).filter(s=>zt(s).state==="imported"&&t.where(s)).sort((s,i)=>Wt(s)<Wt(i)?1:-1)}o(Kt,"findImported");const Wt=o(e=>e.metadata.creationTimestamp??"","createdAt");function Ye(e){const{name:t,namespace:n="default"}=e.metadata,{storageClassName:s="",size:i=0,virtualSize:r}=e.status??{};return{id:`${n}/${t}`,namespace:n,name:t,displayName:e.spec.displayName,storageClassName:s,size:i,...r!==void 0&&{virtualSize:r},...e.spec.checksum&&{checksum:e.spec.checksum}}}o(Ye,"importedImage");function jt(e){const{clock:t,log:n,progress:s}=e;let i="",r=t.monotonic(),a="";return Ut({...e,resource:I.Tx,judge:o(c=>{if(!c)throw si(e);const l=zt(c);if(l.state==="imported")return Ye(c);if(l.state==="failed")throw ii(c,l.message,l.attempts);if(Ft(c)!==i&&([i,r]=[Ft(c),t.monotonic()]),t.monotonic()-r>e.stallAfter)throw ri(c,e.stallAfter);l.state==="retrying"&&l.text!==a&&n.warning(`${e.name}: ${l.text}`),l.state==="retrying"&&(a=l.text),s(`image ${e.namespace}/${e.name}: ${l.text}`)},"judge")})}o(jt,"waitForImport");function ni(e,t,n={}){const s={metadata:{annotations:{...n.annotations,[k.Zy]:null}}};return e.mergePatch(I.Tx,t,s,{signal:n.signal})}o(ni,"keepImage");function si(e){return new p.eG("HARVESTER_IMAGE_GONE",`The image ${e.namespace}/${e.name} was deleted while it was being imported.`,{mend:"Find out who deletes images in this namespace; start the build again."})}o(si,"imageGone");function ii(e,t,n){const{name:s,namespace:i}=e.metadata,{code:r,mend:a}=oi.find(({text:c})=>c.test(t))??ai;return new p.eG(r,`Harvester gave up importing ${i}/${s} from ${e.spec.url??e.spec.sourceType} after ${n===1?"one attempt":`${n} attempts`}: ${t}`,{mend:a,evidence:Gt(e)})}o(ii,"importFailed");function ri(e,t){const{name:n,namespace:s}=e.metadata;return new p.eG("HARVESTER_IMPORT_STALLED",`The import of ${s}/${n} has not moved for ${(0,Z.a)(t)} (${e.status?.progress??0} %).`,{evidence:Gt(e),mend:"Usual causes: Longhorn's disks are full, or Harvester's http-proxy setting catches a private address (add it to noProxy); see the BackingImage in longhorn-system."})}o(ri,"importStalled");const oi=[{text:/expected checksum .* doesn't match/,code:"HARVESTER_CHECKSUM_MISMATCH",mend:"The bytes Harvester received are not those that were announced: look for a proxy in between."},{text:/status code from|no such host|connection refused|no route to host|i\/o timeout|Client\.Timeout|x509|tls:/,code:"HARVESTER_SOURCE_UNREACHABLE",mend:"The nodes of Harvester (not this machine) must reach the URL with HEAD and GET: check routes between the management and the VM network, http-proxy/noProxy and additional-ca in its settings."}],ai={code:"HARVESTER_IMPORT_FAILED",mend:"See the BackingImage in longhorn-system for more."};function ci(e,t){const n=new Set(e.split(/\r?\n/).flatMap(s=>li(s,t)));return n.size===1?[...n][0]:void 0}o(ci,"sha256FromChecksumFile");function li(e,t){const n=/^SHA256 \((.+)\) = ([0-9a-fA-F]{64})\s*$/.exec(e),s=/^\\?([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+?)\s*$/.exec(e),[i,r]=n?[n[1],n[2]]:[s?.[2],s?.[1]];return i===t&&r?[r.toLowerCase()]:[]}o(li,"entryOf");var ke=m(9955);const di=1<<20,ui=3e4;async function Vt(e,t,n){const s=await fi(e.recipe.base,t,n),i=await Promise.all(e.recipe.repositories.map(l=>hi(l,t,n))),r=i.filter(l=>l!==void 0);if(r.length<i.length)return{baseSha256:s,repositories:r};const{recipeDigest:a}=e,c=(0,ke.ax)({recipeDigest:a,baseSha256:s,repositories:r,bakeVersion:Ks});return{baseSha256:s,repositories:r,fingerprint:c}}o(Vt,"readInputs");async function fi(e,t,n){if(e.sha256)return e.sha256;const s=decodeURIComponent(new URL(e.url).pathname.split("/").at(-1)),i=await Yt(e.checksumUrl,t,n).catch(a=>{throw new p.eG("BASE_CHECKSUM_UNREACHABLE",`The checksum file of the base image cannot be read: ${a.message}`,{mend:"Make it reachable from this machine, or give base.sha256 in the recipe.",cause:a})}),r=ci(i,s);if(r)return r;throw new p.yo("BASE_CHECKSUM_MISSING",`${e.checksumUrl} has no single SHA-256 for "${s}".`,{mend:"Correct base.checksumUrl or base.url in the recipe: the file's name must be in the checksum file."})}o(fi,"baseSha256Of");async function hi(e,t,n){const s=`${e.baseurl.replace(/\/$/,"")}/repodata/repomd.xml`;try{const i=await Yt(s,t,n),r=/<revision>\s*([^<\s]+)\s*<\/revision>/.exec(i)?.[1]??(0,je.qQ)("sha256",i);return{id:e.id,revision:r}}catch(i){if(n.signal.aborted)throw i;n.log.info(`repository ${e.id}: its revision cannot be told: ${i.message}`);return}}o(hi,"revisionOf");async function Yt(e,t,{signal:n}){const s=await t.request(e,{signal:n,timeout:ui});if(s.status!==200)throw s.body.destroy(),new p.eG("HTTP_STATUS",`${s.url} answered ${s.status}.`);return s.text(di)}o(Yt,"fetchText");function qt(e,t,n){if(n.force)return{skip:!1,reason:"forced"};if(!e.fingerprint)return{skip:!1,reason:"a repository could not be read, so changes cannot be ruled out"};const s=t.find(r=>r.metadata.annotations?.[k.lj]===e.fingerprint&&!(0,k.ey)(r));if(!s)return{skip:!1,reason:"no image has been baked from these inputs"};const i=n.now-Date.parse(s.metadata.creationTimestamp??"");return n.maxAge!==void 0&&!(i<=n.maxAge)?{skip:!1,reason:`${s.metadata.name} has the same inputs but is older than ${(0,Z.a)(n.maxAge)}`}:{skip:!0,image:s,reason:`nothing changed since ${s.metadata.name}`}}o(qt,"decideSkip");function Zt(e,t,n){const s=(0,k.KT)(e.recipe.name);return Kt(t,{namespace:e.namespace,labelSelector:s,where:o(()=>!0,"where"),signal:n})}o(Zt,"imagesOfRecipe");async function mi(e,t){const{kube:n,http:s,clock:i,log:r,signal:a}=t;await Ct(e,t),await Pt(e,t);const c=await Vt(e,s,t),l=await Zt(e,n,a),d=qt(c,l,{force:e.force,maxAge:e.maxAge,now:i.now()});return r.info(`${d.skip?"would be skipped":"would bake"}: ${d.reason}`),{inputs:c,decision:d}}o(mi,"rehearse");var Qu=m(1421),ef=m(8161),tf=m(481);async function pi(e,t,n={}){const{signal:s,onLine:i,keep:r=1<<20}=n;throwIfAborted(s);const a=spawn(e,t,{cwd:n.cwd,env:n.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),c=new AbortController,l=o(()=>{gi(a,n.grace??2e3,c.signal)},"onAbort");s?.addEventListener("abort",l,{once:!0});const d=Xt(a.stdout,r),h=Xt(a.stderr,r);i&&(createInterface({input:a.stdout}).on("line",g=>i(g,"stdout")),createInterface({input:a.stderr}).on("line",g=>i(g,"stderr"))),a.stdin.on("error",()=>{}),a.stdin.end(n.input??"");try{const g=await $i(a,e,n.cwd);return throwIfAborted(s),{exitCode:g,stdout:d(),stderr:h()}}finally{c.abort(),s?.removeEventListener("abort",l)}}o(pi,"runCommand");async function gi(e,t,n){const s=o(i=>{try{e.pid&&process.kill(process.platform==="win32"?e.pid:-e.pid,i)}catch{}},"kill");s("SIGTERM"),await systemClock.sleep(t,n).then(()=>s("SIGKILL"),()=>{})}o(gi,"stopGroup");function Xt(e,t){const n=[];let s=0;return e.on("data",i=>{for(n.push(i),s+=i.length;n.length>1&&s-n[0].length>=t;)s-=n.shift().length}),()=>Buffer.concat(n).subarray(-t).toString("utf8")}o(Xt,"keptEnd");function $i(e,t,n){return new Promise((s,i)=>{e.once("error",r=>i(wi(r,t,n))),e.once("close",(r,a)=>s(r??128+(a?constants.signals[a]:0)))})}o($i,"exitCodeOf");function wi(e,t,n){if(e.code==="ENOENT"&&n!==void 0&&!existsSync(n)){const s=`The command "${t}" cannot run in ${n}: there is no such folder.`;return new EnvironmentError("COMMAND_NOT_STARTED",s,{cause:e})}return e.code==="ENOENT"?new EnvironmentError("COMMAND_NOT_FOUND",`The command "${t}" is not installed.`,{cause:e}):new EnvironmentError("COMMAND_NOT_STARTED",`The command "${t}" could not be started.`,{cause:e})}o(wi,"notStarted");async function nf(e,t,n={}){const s=await pi(e,t,n);if(s.exitCode!==0){const i=`${s.stdout}
${s.stderr}`.trim().split(`
`).slice(-20);throw new EnvironmentError("COMMAND_FAILED",`${ki(e,t)} exited with ${s.exitCode}.`,{evidence:i})}return s}o(nf,"mustRun");function ki(e,t){return[e,...t].map(C).join(" ")}o(ki,"shellLine");function C(e){return/^[\w@%+=:,./-]+$/.test(e)?e:`'${e.replaceAll("'","'\\''")}'`}o(C,"shellQuote");const bi="R2A| ",qe="R2A-STEP-ENDED";function yi(e,t){return`#!/bin/sh
# ${e}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${t.trim()}
); printf '\\n%s %s\\n' '${qe}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${qe} '*) exit "\${line#${qe} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${bi}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}o(yi,"stepScript");function re(e){return e.map(C).join(" ")}o(re,"words");function Jt(e,t="    "){return e.map(n=>`${t}${C(n)}`).join(` \\
`)}o(Jt,"wordLines");function Qt({required:e,forbidden:t}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${Jt(t,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${Jt(e,"        ")}; do
        case $argument in
            root=* | ro | rw | BOOT_IMAGE=* | initrd=* | '$'*) continue ;;
        esac
        is_forbidden "$argument" && continue
        case " $line " in *" $argument "*) continue ;; esac
        line="$line $argument"
    done
    printf '%s\\n' "$line"
}

uuid=$(root_uuid)
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}o(Qt,"commandLineFunctions");const Ze="/boot/loader/entries/*.conf";function vi(e){return`${Qt(e)}

newest=''
for entry in ${Ze}; do
    case $entry in *rescue*) continue ;; esac
    [ -f "$entry" ] || continue
    newest=$(printf '%s\\n' "$newest" "$entry" | sort -V | tail -n 1)
done
options=''
[ -z "$newest" ] || options=$(sed -n 's/^options[[:space:]]*//p' "$newest")
set -f
# shellcheck disable=SC2086 # arguments, one word each
cmdline=$(clean_command_line $options)
set +f
mkdir -p /etc/kernel
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
chmod 0644 /etc/kernel/cmdline
echo "kernel command line: $cmdline"
if [ -f /etc/default/grub ]; then
    arguments=\${cmdline#root=UUID=* ro}
    ARGUMENTS=\${arguments# } awk '
        function line() { return "GRUB_CMDLINE_LINUX=\\"" ENVIRON["ARGUMENTS"] "\\"" }
        /^GRUB_CMDLINE_LINUX=/ { if (!done) print line(); done = 1; next }
        { print }
        END { if (!done) print line() }
    ' /etc/default/grub >/etc/default/grub.new
    cat /etc/default/grub.new >/etc/default/grub
    rm /etc/default/grub.new
fi`}o(vi,"writeCommandLine");const Ei=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function Si(e){return`${Qt(e)}

set -f
# shellcheck disable=SC2046 # arguments, one word each
cmdline=$(clean_command_line $(cat /etc/kernel/cmdline))
set +f
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
# A boot file as its entry names it: below /boot where that is a filesystem of its own, else from the root.
exists() { [ -s "/boot$1" ] || [ -s "$1" ]; }
boot_files() { sed -n -E 's/^(linux|initrd)[[:space:]]+//p' "$1" | tr ' ' '\\n' | grep -v '^\\$'; }

count=0
default=''
for entry in ${Ze}; do
    [ -f "$entry" ] || continue
    # Variables of GRUB, such as $tuned_params, are not for the kernel and stay.
    variables=$(sed -n 's/^options[[:space:]]*//p' "$entry" | tr ' ' '\\n' | { grep '^\\$' || :; } | paste -s -d ' ' -)
    OPTIONS="$cmdline\${variables:+ $variables}" awk '
        $1 == "options" { if (!done) print "options " ENVIRON["OPTIONS"]; done = 1; next }
        { print }
        END { if (!done) print "options " ENVIRON["OPTIONS"] }
    ' "$entry" >"$entry.new"
    cat "$entry.new" >"$entry"
    rm "$entry.new"
    missing=$(boot_files "$entry" | while read -r file; do exists "$file" || echo "$file"; done)
    [ -z "$missing" ] || { echo "$entry names what does not exist: $missing"; exit 1; }
    count=$((count + 1))
    case $entry in *rescue*) continue ;; esac
    version=$(awk '$1 == "version" { print $2 }' "$entry")
    default=$(printf '%s\\n' "$default" "$version $(basename "$entry" .conf)" | sort -V | tail -n 1)
done
[ -n "$default" ] || { echo 'there is no boot entry'; exit 1; }

for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue*) continue ;; esac
    grep -q "^version[[:space:]]*$version\\$" ${Ze} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`}o(Si,"fixBootEntries");const Xe="rke2-actions-files",en=`/var/tmp/${Xe}`,Ti=`rm -r ${en}`;function tn(e){return e.map(xi).join(`
`)}o(tn,"installFiles");function xi({path:e,mode:t,owner:n,group:s}){const i=C(e);return`install -D -o ${n} -g ${s} -m ${t} ${C(`${en}${e}`)} ${i}
echo ${C(`${e} ${t} ${n}:${s}`)}`}o(xi,"installFile");function Ri(e){return e.map(({path:t,mode:n,owner:s,group:i})=>`install -d -o ${s} -g ${i} -m ${n} ${C(t)}`).join(`
`)}o(Ri,"makeDirectories");function Ii({downloads:e}){return e.map(({path:t,mode:n})=>`chown root:root ${C(t)}
chmod ${n} ${C(t)}
ls -l ${C(t)}`).join(`
`)}o(Ii,"settleDownloads");function _i({mode:e,type:t}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${e}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${t}/' /etc/selinux/config
grep -q '^SELINUX=${e}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${t}$' /etc/selinux/config`}o(_i,"setSelinux");function Ai({enable:e,disable:t,mask:n}){const s=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,i=`for unit in ${re(t)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[t.length>0&&`${s}
${i}`,n.length>0&&`systemctl mask ${re(n)}`,e.length>0&&`systemctl enable ${re(e)}`].filter(Boolean).join(`
`)}o(Ai,"setServices");function Oi({script:e,environment:t={}}){return`${Object.entries(t).map(([s,i])=>`${s}=${C(i)}
`).join("")}${e}`}o(Oi,"runOwnCommand");function Je(e){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...e.repositories.map(({id:n})=>`--enablerepo=${n}`)].join(" ")}`}o(Je,"dnf");const Ni="update-ca-trust";function nn(e){const t=e.repositories.flatMap(i=>i.replaces),n=e.otherRepositories==="disable"?"all":t.join(" ");return`ours=' ${e.repositories.map(({id:i})=>`/etc/yum.repos.d/${i}.repo`).join(" ")} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${n} ' '
        /^[[:space:]]*\\[.*\\]/ {
            id = $0
            gsub(/^[[:space:]]*\\[|\\].*$/, "", id)
            off = wanted == " all " || index(wanted, " " id " ") > 0
            print
            if (off) print "enabled=0"
            next
        }
        off && /^[[:space:]]*enabled[[:space:]]*=/ { next }
        { print }
    ' "$file" >"$file.new"
    if cmp -s "$file" "$file.new"; then rm "$file.new"; continue; fi
    cat "$file.new" >"$file"
    rm "$file.new"
    echo "repositories switched off in $file"
done`}o(nn,"disableRepositories");function Li(e){return`found=''
for name in ${re(e.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}o(Li,"removePackages");function Ci(e){return`${Je(e)} upgrade`}o(Ci,"updatePackages");function Pi(e){return`${Je(e)} install ${re(e.packages.install)}`}o(Pi,"installPackages");const Mi="pending security update: ",Di="pending security updates: ";function Ui(e){return`list=$(${Je(e)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${Mi}$line"
done <<END
$list
END
echo "${Di}$count"`}o(Ui,"listPendingUpdates");function zi(e){const{install:t,absent:n}=e.packages,s=`for name in ${re(t)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,i=`for name in ${re(n)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",t.length>0&&s,n.length>0&&i,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}o(zi,"checkPackages");const Ne="/etc/.resolv.conf.sealed",Fi=["/etc/machine-id","/etc/resolv.conf"];function Gi({sealing:e}){const t=e.emptied.filter(n=>!Fi.includes(n));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${e.removed.map(n=>`rm -rf -- ${n}`).join(`
`)}
${t.map(n=>`: >${n}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}o(Gi,"seal");function Bi({selinux:e,sealing:t}){const n=t.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${Ne}
chmod 0644 ${Ne}
: >${Ne}`:"";return`contexts=/etc/selinux/${e.type}/contexts/files/file_contexts
[ -s "$contexts" ] || { echo "the policy has no $contexts"; exit 1; }
# What holds no labels is left out; what is mounted below / is named, for older setfiles does not cross filesystems.
set -- -F -m
for folder in /proc /sys /dev /run; do set -- "$@" -e "$folder"; done
mounted=''
while read -r _ point type _; do
    case $point in /proc* | /sys* | /dev* | /run* | /) continue ;; esac
    case $type in
        vfat | iso9660 | tmpfs) set -- "$@" -e "$point" ;;
        *) mounted="$mounted $point" ;;
    esac
done </proc/mounts
# shellcheck disable=SC2086 # mount points, one word each
/usr/sbin/setfiles "$@" "$contexts" / $mounted
rm -f /.autorelabel${n}
echo "labelled by $contexts: /$mounted"`}o(Bi,"relabel");function sn(e){return`downloads/${e.sha256}`}o(sn,"stagedDownload");function rn(e){const t=Hi(e),n=t.map(qi);return{commands:t.map((i,r)=>i.command??`run @STAGE@/${n[r].name}`).map(i=>`${i}
`).join(""),files:[...e.files.map(Zi),...n.filter((i,r)=>t[r].script!==void 0)],steps:t.map(({id:i,title:r})=>({id:i,title:r}))}}o(rn,"renderCustomize");const on=new Set(["certificates","repositories","initramfs","services"]);function Hi(e){const t=e.files.filter(s=>on.has(s.origin)),n=e.files.filter(s=>!on.has(s.origin));return[...Ki(e,t),...Wi(e),...ji(e,n),...Vi(e),...Yi(e)]}o(Hi,"stepsOf");function Ki(e,t){const n=e.downloads.length>0?[...new Set(e.downloads.map(({path:s})=>Xi(s)))]:[];return Le([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${Xe}:/var/tmp`},...n.map((s,i)=>({id:`download-folder-${i+1}`,title:`Make ${s}`,command:`mkdir ${s}`})),...e.downloads.map((s,i)=>({id:`download-${i+1}`,title:`Put ${s.path} in place`,command:`upload @STAGE@/${sn(s)}:${s.path}`})),e.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:Ii(e)},t.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:tn(t)},e.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:Ni},{id:"repositories",title:"Switch off replaced repositories",script:nn(e)},{id:"kernel-command-line",title:"Write the kernel command line",script:vi(e.kernelCommandLine)}])}o(Ki,"stageSteps");function Wi(e){const{absent:t,update:n,install:s}=e.packages;return Le([t.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:Li(e)},n&&{id:"update-packages",title:"Update all packages",script:Ci(e)},s.length>0&&{id:"install-packages",title:"Install packages",script:Pi(e)},{id:"check-packages",title:"Check what is installed",script:zi(e)},{id:"pending-updates",title:"List pending security updates",script:Ui(e)},{id:"repositories-again",title:"Switch off what packages brought back",script:nn(e)}])}o(Wi,"packageSteps");function ji(e,t){return Le([e.directories.length>0&&{id:"directories",title:"Make directories",script:Ri(e.directories)},{id:"files",title:"Install files",script:[tn(t),Ti].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:_i(e.selinux)},{id:"services",title:"Choose services",script:Ai(e.services)},...e.commands.map(n=>({id:n.id,title:n.title,script:Oi(n)}))])}o(ji,"contentSteps");function Vi(e){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:Ei},{id:"boot-entries",title:"Correct and check the boot entries",script:Si(e.kernelCommandLine)}]}o(Vi,"bootSteps");function Yi(e){const{emptied:t}=e.sealing;return Le([{id:"seal",title:"Remove what belongs to one machine",script:Gi(e)},{id:"relabel",title:"Label all files for SELinux",script:Bi(e)},t.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${Ne}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...t.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}o(Yi,"sealingSteps");function Le(e){return e.filter(t=>t!==!1)}o(Le,"customize_present");function qi({id:e,title:t,script:n=""},s){return{name:`steps/${String(s+1).padStart(2,"0")}-${e}.sh`,content:yi(t,n),mode:"0644"}}o(qi,"stagedScript");function Zi(e){return{name:`${Xe}${e.path}`,content:e.content,mode:"0600"}}o(Zi,"stagedFile");const Xi=o(e=>e.slice(0,e.lastIndexOf("/"))||"/","customize_parent");var de=m(7030),an=m(8522),F=m(8815),T=m(6351);const cn=1024*1024-1024;function Ji(e,t,n){const s={ssh_pwauth:!1,...n.length>0&&{ssh_authorized_keys:n},write_files:e.map(i=>({path:i.name,permissions:i.mode,encoding:"gz+b64",content:ln(i.content)})),runcmd:[t]};return`#cloud-config
${(0,F.As)(s,{version:"1.1",lineWidth:0})}`}o(Ji,"renderUserData");function Qi(e){const{address:t,gateway:n,nameservers:s}=e,i={dhcp4:!1,addresses:[t],...n&&{routes:[{to:(0,de.isIPv6)(n)?"::/0":"0.0.0.0/0",via:n}]},...s.length>0&&{nameservers:{addresses:s}}},r={version:2,ethernets:{[e.interface??"eth0"]:i}};return(0,F.As)(r,{version:"1.1",lineWidth:0})}o(Qi,"renderNetworkData");function er(e,t){const n=e.reduce((i,r)=>i+Buffer.byteLength(r),0);if(n<=cn)return;const s=t.map(({name:i,content:r})=>({name:i,bytes:ln(r).length})).sort((i,r)=>r.bytes-i.bytes).slice(0,5);throw new p.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,T.z)(n)}; a Kubernetes Secret holds ${(0,T.z)(cn)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:s.map(({name:i,bytes:r})=>`${i}: ${(0,T.z)(r)} compressed`)})}o(er,"assertFits");function ln(e){return(0,an.gzipSync)(e,{level:9}).toString("base64")}o(ln,"packed");function P(e){return e.raw[0].replace(/\\(`|\$\{)/g,"$1")}o(P,"script");const tr=P`# shellcheck shell=bash disable=SC2034
# Phase accelerate: a /dev/kvm proves nothing (facts/golden-images.md D39), only a guest that starts does. Where none
# starts with KVM, guests are emulated and the limits are the longer ones.

phase_accelerate() {
  local reason
  if [ ! -e /dev/kvm ]; then
    emulate 'this machine has no /dev/kvm'
  elif start_with_kvm; then
    ACCELERATION=kvm
    reason='a guest started with KVM'
    say "Acceleration: $reason"
    mark_twice "{\"mark\":\"acceleration\",\"kind\":\"kvm\",\"reason\":$(json_string "$reason")}"
  else
    emulate "a guest does not start with KVM: $(kvm_words)"
  fi
  percent 100
}

emulate() {
  ACCELERATION=tcg
  export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
  say "Acceleration: none, guests are emulated (slow): $1"
  mark_twice "{\"mark\":\"acceleration\",\"kind\":\"tcg\",\"reason\":$(json_string "$1")}"
}

# Starts an empty guest and watches its console: a broken KVM dies at once or says nothing for ever, a slow machine is
# seen to boot. So the wait is short for silence and long for progress. Building the appliance has its own, longer wait.
start_with_kvm() {
  local log=$WORK/kvm.log pid stage=build deadline=$((SECONDS + 180)) status=0
  guestfish -v -a /dev/null run </dev/null >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if grep -qE 'KVM internal error|emulation failure|alling back to tcg|Could not access KVM' "$log"; then break; fi
    case $stage in
      build) ! grep -q -e '-append "' "$log" || { stage=silent deadline=$((SECONDS + KVM_SILENCE)); } ;;
      silent) ! grep -q 'Linux version' "$log" || { stage=boot deadline=$((SECONDS + 60)); } ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 0.2
  done
  if kill "$pid" 2>/dev/null; then
    wait "$pid" 2>/dev/null || true
    return 1
  fi
  wait "$pid" || status=$?
  return "$status"
}

kvm_words() {
  grep -hoE 'failed to set MSR.*|KVM internal error.*|emulation failure.*|Could not access KVM.*|guestfs_launch failed.*' "$WORK/kvm.log" |
    head -n 1 | cut -c 1-160 | grep . || printf 'it was silent for %s s' "$KVM_SILENCE"
}
`,nr=P`#!/bin/bash
# Bakes a golden image in this machine, phase by phase, and stops at the first thing that fails, saying what it was.
# usage: bake.sh [PHASE...]    without arguments: all phases, in order
# Settings and files lie beside it, in the folder above (settings.env, stage/, commands, …). For rehearsals outside of a
# virtual machine: RKE2A_CONSOLE, RKE2A_LOG (files instead of the serial console and /var/log), RKE2A_BIND (address).
# shellcheck disable=SC2034 # the parts that are sourced use what is set here
set -Eeuo pipefail
umask 077
export HOME=/root LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

BIN=$(cd "$(dirname "\${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$BIN")
STAGE=$ROOT/stage
WORK=$ROOT/work
SERVED=$ROOT/served
CONSOLE=\${RKE2A_CONSOLE:-/dev/ttyS0}
LOG=\${RKE2A_LOG:-/var/log/rke2-actions-bake.log}
readonly BIN ROOT STAGE WORK SERVED CONSOLE LOG

# shellcheck source=/dev/null
. "$ROOT/settings.env"
for part in marks prepare download accelerate customize compress probe hash serve; do
  # shellcheck source=/dev/null
  . "$BIN/$part.sh"
done

mkdir -p "$WORK/tmp" "$SERVED"
export TMPDIR=$WORK/tmp LIBGUESTFS_BACKEND=direct
open_console
trap 'note_failure $? "$LINENO" "\${BASH_SOURCE[0]##*/}" "$BASH_COMMAND"' ERR
trap 'report_failure $?' EXIT
trap 'fail "The bake was stopped by a signal."' TERM INT HUP
quiet_kernel

[ $# -gt 0 ] || set -- prepare download accelerate customize compress probe hash serve
for phase; do
  begin_phase "$phase"
  "phase_$phase"
done
`,sr=P`# shellcheck shell=bash
# Phase compress: free blocks are dropped in place, then the image is written anew, compact and on its own
# (facts/harvester.md §8.3). Longhorn takes only sizes that are a multiple of 512.

phase_compress() {
  local status=0
  local -a how=()
  limited virt-sparsify --in-place --format qcow2 "$WORK/image.qcow2" || fail 'virt-sparsify failed; its own words are above.'
  percent 40
  [ "$COMPRESS" = no ] || how=(-c)
  say 'Writing the final image'
  timeout --kill-after=10 "$(time_left)" qemu-img convert -p -f qcow2 -O qcow2 "\${how[@]}" "$WORK/image.qcow2" "$WORK/golden.qcow2" |
    tr '\r' '\n' | convert_progress || status=$?
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "qemu-img convert exited with $status; its own words are above."
  rm "$WORK/image.qcow2"
  truncate --size=%512 "$WORK/golden.qcow2"
  percent 100
}

convert_progress() {
  local line
  while IFS= read -r line; do
    [[ $line =~ \(([0-9]+)\.[0-9]+/100%\) ]] || continue
    [ "\${BASH_REMATCH[1]}" -ge 100 ] || percent $((40 + BASH_REMATCH[1] * 6 / 10))
  done
}
`,ir=P`# shellcheck shell=bash disable=SC2034
# Phase customize: the recipe's commands, run in the image by virt-customize (facts/harvester.md §8.2). customize-log.py
# turns its output into steps; the step that failed is named, with the last lines it wrote.

phase_customize() {
  local status=0
  use_base
  grow_disk
  sed "s#@STAGE@#$STAGE#g" "$ROOT/commands" >"$WORK/commands"
  virt_customize_options
  # Verbose, because only then the console of the appliance is shown, where the steps write.
  timeout --kill-after=10 "$(time_left)" virt-customize --verbose "\${OPTIONS[@]}" 2>&1 </dev/null |
    python3 "$BIN/customize-log.py" "$ROOT/steps.tsv" "$WORK/step" "$WORK/step-error" "$WORK/updates" || status=$?
  STEP=$(cat "$WORK/step")
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "$(cat "$WORK/step-error")"
  STEP=''
  percent 100
}

# A base that refers to other files would read the builder's own.
use_base() {
  local size
  qemu-img info --output=json "$WORK/base.qcow2" >"$WORK/base.json"
  if grep -qE '"(backing-filename|data-file)"' "$WORK/base.json"; then
    fail 'The base image refers to another file (backing or data file); it must stand alone.'
  fi
  size=$(stat -c %s "$WORK/base.qcow2")
  need_space $((2 * size + MINIMUM_FREE)) 'change and compress the image'
  mv "$WORK/base.qcow2" "$WORK/image.qcow2"
}

virtual_size() { qemu-img info --output=json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["virtual-size"])'; }

# The partition follows at the first boot (growpart, from cloud-init).
grow_disk() {
  local now
  now=$(virtual_size "$WORK/image.qcow2")
  [ "$VIRTUAL_SIZE" -gt "$now" ] || return 0
  say "Growing the disk from $(mebibytes "$now") to $(mebibytes "$VIRTUAL_SIZE")"
  qemu-img resize "$WORK/image.qcow2" "$VIRTUAL_SIZE"
}

virt_customize_options() {
  local cpus memory total known
  cpus=$(nproc)
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  memory=$((total / 2))
  [ "$memory" -le 4096 ] || memory=4096
  known=$(virt-customize --help)
  OPTIONS=(--format qcow2 --add "$WORK/image.qcow2" --network --smp "$((cpus < 8 ? cpus : 8))" --memsize "$memory")
  [[ $known != *--no-logfile* ]] || OPTIONS+=(--no-logfile)
  # The recipe relabels by its own step, whose failure is one; virt-customize would leave /.autorelabel instead.
  [[ $known != *--no-selinux-relabel* ]] || OPTIONS+=(--no-selinux-relabel)
  OPTIONS+=(--commands-from-file "$WORK/commands")
}
`,rr=P`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
lines that steps write to the appliance's console, warnings, and on failure the last lines of the step that failed.
usage: customize-log.py STEPS-FILE STEP-FILE ERROR-FILE UPDATES-FILE
STEPS-FILE has "id<tab>title" per command. STEP-FILE gets the id of the running step, ERROR-FILE why it failed.
UPDATES-FILE gets the pending security updates that a step listed; it is written only when that list is complete."""
import collections
import json
import re
import sys
import time

# "[  12.3] Running: x": virt-customize's own. The kernel of the appliance writes six decimals.
PROGRESS = re.compile(r'^\[ *\d+\.\d\] (.*)')
# On a busy machine its messages come in the middle of a line that the appliance has not ended yet.
LATE_PROGRESS = re.compile(r'^(.+?)(\[ *\d+\.\d\] (?:Running|Copying|Uploading|Making directory): .*)')
# A step's script carries its id, which tells it even when a message was lost.
STEP_SCRIPT = re.compile(r'/steps/\d+-([\w-]+)\.sh\b')
# What virt-customize does besides the commands it was given (customize_run.ml).
OWN_STEPS = re.compile(r'^(Examining the guest|Setting a random seed|Setting the machine ID|Setting passwords|'
                       r'SELinux relabelling|Scrubbing the log file|Finishing off)')
STEP_OUTPUT = 'R2A| '
PENDING = 'pending security update: '
PENDING_END = 'pending security updates: '
OWN_WORDS = re.compile(r'^virt-customize: (error|warning): ')
# After a failure virt-customize asks for the log of the command; what it prints next is that log.
LOG_ASKED = re.compile(r'^guestfsd: <= download ')
NOISE = re.compile(r'^(guestfsd|libguestfs|commandrvf?|umount-all|udevadm|command|supermin|SELinux enabled state|'
                   r'No filesystem is currently|Failed to determine unit|running command|renaming |\[ *\d+\.\d{6}\])')
ANSI = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


class Steps:
    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            self.steps = [line.rstrip('\n').split('\t', 1) for line in file if line.strip()]
        self.current = 0
        self.said = 0.0

    def named_in(self, text):
        """The place of the step whose script the text names, or None."""
        script = STEP_SCRIPT.search(text)
        places = [at for at, step in enumerate(self.steps) if script and step[0] == script.group(1)]
        return places[0] if places else None

    def begin(self, text):
        """Commands run in order, one message each."""
        named = self.named_in(text)
        if named is not None:
            self.current = named
        if self.current >= len(self.steps):
            print(text, flush=True)
            return None
        identity, title = self.steps[self.current]
        self.current += 1
        total = len(self.steps)
        print(f'step {self.current} of {total}: {title}')
        mark({'mark': 'step', 'id': identity, 'title': title, 'index': self.current, 'total': total})
        if time.monotonic() - self.said >= 3:
            self.said = time.monotonic()
            mark({'mark': 'phase', 'phase': 'customize', 'percent': (self.current - 1) * 100 // total})
        return identity


def mark(value):
    print('@@rke2-actions@@ ' + json.dumps(value, separators=(',', ':')), flush=True)


def lines_of(stream):
    for raw in stream:
        line = ANSI.sub('', raw.decode('utf-8', 'replace')).rstrip()
        late = LATE_PROGRESS.match(line)
        yield from late.groups() if late else (line,)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    steps_path, step_path, error_path, updates_path = sys.argv[1:5]
    steps = Steps(steps_path)
    last = collections.deque(maxlen=20)
    said = ''
    pending = []
    write(step_path, '')
    write(error_path, 'virt-customize ended without saying why.')
    for line in lines_of(sys.stdin.buffer):
        progress = PROGRESS.match(line)
        if progress:
            last.clear()
            said = ''
            text = progress.group(1)
            if OWN_STEPS.match(text):
                print(text, flush=True)
            else:
                write(step_path, steps.begin(text) or '')
        elif line.startswith(STEP_OUTPUT):
            said = line[len(STEP_OUTPUT):]
            if said.startswith(PENDING):
                pending.append(said[len(PENDING):])
            elif said == PENDING_END + str(len(pending)):
                write(updates_path, ''.join(item + '\n' for item in pending))
            print('  ' + said, flush=True)
        elif OWN_WORDS.match(line):
            if ' error: ' in line:
                failed = steps.named_in(line)
                if failed is not None:
                    write(step_path, steps.steps[failed][0])
                # What the step wrote to the console has been shown already.
                for before in () if said else last:
                    print('  ' + before)
                closing = said or (last[-1] if last else '')
                write(error_path, line + (f'; its last line: {closing}' if closing else ''))
            print(line, flush=True)
        elif LOG_ASKED.match(line):
            last.clear()
        elif line and not NOISE.match(line):
            last.append(line)


main()
`,or=P`# shellcheck shell=bash disable=SC2034
# Phase download: the base image and the recipe's locked downloads, resumed where they broke off, each held against its
# sha256. URLs may carry credentials: they reach curl through a file, and the log without user, password and query.

phase_download() {
  local sum url name path
  fetch "$BASE_URL" "$WORK/base.qcow2" "$BASE_SHA256" 'the base image' qcow2
  while IFS=$'\t' read -r sum name path url; do
    STEP="download $path"
    mkdir -p "$(dirname "$STAGE/$name")"
    fetch "$url" "$STAGE/$name" "$sum" "$path" any
  done <"$ROOT/downloads.tsv"
  STEP=''
  percent 100
}

# fetch URL FILE SHA256 TITLE KIND
fetch() {
  local url=$1 file=$2 sum=$3 title=$4 kind=$5 actual attempt
  say "Downloading $title from $(public_url "$url")"
  for attempt in 1 2 3 4 5; do
    ! fetch_once "$url" "$file" "$title" || break
    [ "$attempt" -lt 5 ] || fail "Downloading $title failed five times; last: $(curl_words)"
    say "attempt $attempt of 5 failed: $(curl_words); next in $((attempt * DOWNLOAD_PAUSE)) s"
    sleep $((attempt * DOWNLOAD_PAUSE))
  done
  [ "$kind" = any ] || must_be_qcow2 "$file" "$title" "$url"
  actual=$(sha256sum "$file" | cut -d ' ' -f 1)
  [ "$actual" = "$sum" ] || fail "The sha256 of $title is $actual, expected was $sum ($(stat -c %s "$file") bytes from $(public_url "$url"))."
  say "$title: $(mebibytes "$(stat -c %s "$file")"), sha256 $actual"
}

# One attempt; goes on where the last one stopped. Returns 1 where another one may help, fails where not.
fetch_once() {
  local url=$1 file=$2 title=$3 status=0 code pid
  rm -f "$WORK/headers"
  curl_settings "$url" "$file" >"$WORK/curl.conf"
  curl --config "$WORK/curl.conf" >"$WORK/curl.code" 2>"$WORK/curl.error" &
  pid=$!
  watch_download "$pid" "$file" "$title"
  wait "$pid" || status=$?
  code=$(cat "$WORK/curl.code")
  case $status in
    0) return 0 ;;
    33 | 36) rm -f "$file" ;; # the server does not resume: from the start, then
    22) case $code in
        416) rm -f "$file" ;;
        408 | 425 | 429 | 5??) ;;
        *) fail "Downloading $title: the server answered $code for $(public_url "$url")." ;;
      esac ;;
    3 | 60 | 67 | 51 | 58 | 77) fail "Downloading $title: $(curl_words)" ;;
    28) [ "$(time_left)" -gt 1 ] || explain_limit 124 ;;
  esac
  return 1
}

curl_settings() {
  local quoted=\${1//\\/\\\\}
  cat <<SETTINGS
url = "\${quoted//\"/\\\"}"
output = "$2"
dump-header = "$WORK/headers"
write-out = "%{http_code}"
continue-at = -
fail
location
silent
show-error
globoff
proto = =http,https
connect-timeout = 20
speed-limit = 1
speed-time = 60
max-time = $(time_left)
SETTINGS
}

# The first line says what happened, more may follow with advice.
curl_words() { public_text <"$WORK/curl.error" | awk '/^curl: / { print; exit }'; }

# Progress by the size of the file: curl's own meter is made for terminals.
watch_download() {
  local pid=$1 file=$2 total='' size known=''
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.3
    size=$(stat -c %s "$file" 2>/dev/null || echo 0)
    total=$(expected_size)
    [ "\${total:-0}" -gt 0 ] || continue
    if [ -z "$known" ]; then
      known=yes
      room_for "$total" "$size" "$3" "$pid"
    fi
    [ "$file" != "$WORK/base.qcow2" ] || [ "$size" -ge "$total" ] || percent $((size * 100 / total))
  done
}

# Of the last answer, redirects before it: the whole size, also where only the rest is sent.
expected_size() {
  [ -s "$WORK/headers" ] || return 0
  tr -d '\r' <"$WORK/headers" | awk '
    /^HTTP\// { status = $2; size = "" }
    tolower($1) == "content-length:" && status == 200 { size = $2 }
    tolower($1) == "content-range:" { split($0, part, "/"); size = part[2] }
    END { if (size ~ /^[0-9]+$/) print size }'
}

# A full disk is foreseen, not run into.
room_for() {
  local needed=$(($1 - $2)) free
  free=$(free_bytes "$WORK")
  [ "$free" -lt "$needed" ] || return 0
  kill "$4" 2>/dev/null || true
  wait "$4" 2>/dev/null || true
  fail "Not enough space to download $3: $(mebibytes "$free") free below $ROOT, $(mebibytes "$needed") needed. Give the builder a larger disk."
}

must_be_qcow2() {
  local magic first
  magic=$(head -c 4 "$1" | od -An -tx1 | tr -d ' \n')
  [ "$magic" != 514649fb ] || return 0
  first=$(head -c 200 "$1" | tr -d '\000' | tr -c '[:print:]' ' ' | tr -s ' ')
  case $magic in
    3c*) fail "Downloading $2: $(public_url "$3") gave a web page, not a qcow2 image. It begins with: \${first:0:80}" ;;
    1f8b* | fd377a58 | 28b52ffd) fail "Downloading $2: $(public_url "$3") is a compressed file, not a qcow2 image." ;;
    *) fail "Downloading $2: $(public_url "$3") is not a qcow2 image. It begins with: \${first:0:80}" ;;
  esac
}

public_text() { sed -E 's#(https?://)[^/@ ]*@#\1#g; s#(https?://[^? ]*)\?[^ ]*#\1?…#g'; }

public_url() { public_text <<<"$1"; }
`,ar=P`# shellcheck shell=bash disable=SC2034
# Phase hash: what the importer checks the image against; sha512 is Harvester's, sha256 the rest of the world's.

phase_hash() {
  local golden=$WORK/golden.qcow2
  SIZE=$(stat -c %s "$golden")
  [ $((SIZE % 512)) -eq 0 ] || fail "The image has $SIZE bytes, not a multiple of 512."
  IMAGE_VIRTUAL_SIZE=$(virtual_size "$golden")
  SHA256=$(limited sha256sum "$golden" | cut -d ' ' -f 1)
  percent 50
  SHA512=$(limited sha512sum "$golden" | cut -d ' ' -f 1)
  say "golden.qcow2: $(mebibytes "$SIZE"), virtual $(mebibytes "$IMAGE_VIRTUAL_SIZE"), sha256 $SHA256"
  percent 100
}
`,cr=P`# shellcheck shell=bash disable=SC2034
# The words of the bake: readable lines, marks for the machine that reads the console (src/bake/marks.ts), and the one way
# to fail. All output goes through relay.py, the only writer of the console.
PHASE='' PHASE_BEGAN=0 STEP='' FAILURE='' ACCELERATION='' LAST_PERCENT=-1 LAST_PERCENT_AT=-10

open_console() {
  if ! command -v python3 >/dev/null; then
    printf '\n@@rke2-actions@@ {"mark":"error","phase":"prepare","message":"python3 is not installed.","exit":1}\n' >"$CONSOLE"
    exit 1
  fi
  # A session of its own: the relay goes on for the server after this script and cloud-init have ended.
  exec > >(exec setsid python3 "$BIN/relay.py" "$CONSOLE" "$LOG" "$SERVED/status.json" "$ROOT/secrets" >/dev/null 2>&1) 2>&1
}

# Kernel messages would cut marks in two. Not in a container, whose kernel is somebody else's.
quiet_kernel() {
  [ -z "\${container:-}" ] && [ "$CONSOLE" = /dev/ttyS0 ] || return 0
  dmesg --console-level 1 || true
}

say() { printf '%s\n' "$*"; }

mark() { printf '@@rke2-actions@@ %s\n' "$1"; }

# Said twice, since a line of somebody else may fall into one; the reader takes it once.
mark_twice() {
  mark "$1"
  mark "$1"
}

json_string() {
  local text=\${1//\\/\\\\}
  text=\${text//\"/\\\"}
  text=\${text//$'\n'/\\n}
  text=\${text//$'\t'/ }
  printf '"%s"' "\${text//[$'\001'-$'\037']/}"
}

begin_phase() {
  PHASE=$1 PHASE_BEGAN=$SECONDS STEP='' LAST_PERCENT=-1 LAST_PERCENT_AT=-10
  say "== $1"
  percent 0
}

# percent N: at most one mark every three seconds, except for the ends.
percent() {
  [ "$1" -ne "$LAST_PERCENT" ] || return 0
  [ "$1" -eq 0 ] || [ "$1" -eq 100 ] || [ $((SECONDS - LAST_PERCENT_AT)) -ge 3 ] || return 0
  LAST_PERCENT=$1 LAST_PERCENT_AT=$SECONDS
  mark "{\"mark\":\"phase\",\"phase\":\"$PHASE\",\"percent\":$1}"
}

fail() {
  FAILURE=$*
  exit 1
}

# The message of a command that failed unforeseen; what a function called \`fail\` with goes before it.
note_failure() {
  [ -n "$FAILURE" ] || FAILURE="$3 line $2: \"$4\" exited with $1."
}

report_failure() {
  local status=$1 step=''
  [ "$status" -ne 0 ] || return 0
  trap - ERR
  [ -z "$STEP" ] || step="\"step\":$(json_string "$STEP"),"
  say "FAILED in $PHASE\${STEP:+, step $STEP}: $FAILURE"
  mark_twice "{\"mark\":\"error\",\"phase\":\"$PHASE\",$step\"message\":$(json_string "\${FAILURE:0:2000}"),\"exit\":$status}"
}

# limit_of PHASE: seconds, by how fast guests run here.
limit_of() {
  local name=LIMIT_\${1^^}_\${ACCELERATION:-kvm}
  name=\${name^^}
  printf '%s' "\${!name}"
}

# Seconds of the phase's limit that are left; at least one, since 0 would mean "for ever".
time_left() {
  local left=$(($(limit_of "$PHASE") - (SECONDS - PHASE_BEGAN)))
  printf '%s' $((left > 0 ? left : 1))
}

# limited COMMAND...: under the time limit of the phase; fails with the limit's own message when that ran out.
limited() {
  local status=0
  timeout --kill-after=10 "$(time_left)" "$@" || status=$?
  explain_limit "$status"
  return "$status"
}

# 124 is timeout's answer to a command that ended at its signal, 137 to one that had to be killed.
explain_limit() {
  case $1 in
    124 | 137) fail "The phase $PHASE took longer than its limit of $(limit_of "$PHASE") s\${ACCELERATION:+ (guests run with $ACCELERATION)}." ;;
  esac
}

# free_bytes FOLDER
free_bytes() { df --output=avail -B1 "$1" | tail -n 1 | tr -d ' '; }

mebibytes() { printf '%s MiB' $(($1 / 1048576)); }
`,lr=P`# shellcheck shell=bash
# Phase prepare: this machine says where it is, trusts the recipe's authorities, gets the tools it lacks (dnf on Rocky,
# apt on Debian), and is big enough. The server starts here: its status.json tells of the bake from the beginning.

phase_prepare() {
  say "Baking $RECIPE, run $RUN_ID, on $(hostname), kernel $(uname -r), $(nproc) CPUs"
  announce_addresses
  check_memory
  need_space "$MINIMUM_FREE" 'begin'
  trust_certificates
  install_tools
  open_port
  start_server
  percent 100
}

# Every global address of every interface: which of them the importer can reach is not known here.
announce_addresses() {
  local addresses
  addresses=$(ip -o addr show scope global | awk '{ split($4, part, "/"); printf "%s\"%s\"", (NR > 1 ? "," : ""), part[1] }')
  mark "{\"mark\":\"address\",\"addresses\":[$addresses]}"
}

check_memory() {
  local total
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  [ "$total" -ge 1800 ] || fail "The builder has $total MiB of memory; a bake needs 2048 MiB, 4096 MiB are better."
}

# need_space BYTES WHAT-FOR
need_space() {
  local free
  free=$(free_bytes "$WORK")
  [ "$free" -ge "$1" ] || fail "Not enough space to $2: $(mebibytes "$free") free below $ROOT, $(mebibytes "$1") needed. Give the builder a larger disk."
}

trust_certificates() {
  local certificate found='' anchors
  for certificate in "$ROOT"/ca/*.crt; do [ ! -f "$certificate" ] || found=yes; done
  [ -n "$found" ] || return 0
  if command -v update-ca-trust >/dev/null; then
    anchors=/etc/pki/ca-trust/source/anchors
  else
    anchors=/usr/local/share/ca-certificates
  fi
  mkdir -p "$anchors"
  install -m 0644 "$ROOT"/ca/*.crt "$anchors/"
  if command -v update-ca-trust >/dev/null; then update-ca-trust extract; else update-ca-certificates; fi
}

missing_tools() {
  local tool
  for tool in curl ip qemu-img guestfish virt-customize virt-sparsify; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
}

install_tools() {
  local missing
  missing=$(missing_tools)
  [ -n "$missing" ] || return 0
  say "Installing what is missing: \${missing//$'\n'/ }"
  if command -v dnf >/dev/null; then
    install_with_dnf "$missing"
  elif command -v apt-get >/dev/null; then
    install_with_apt
  else
    fail "Missing on the builder: \${missing//$'\n'/ }; and it has neither dnf nor apt-get."
  fi
  missing=$(missing_tools)
  [ -z "$missing" ] || fail "Still missing after the installation: \${missing//$'\n'/ }."
}

# By path: which package holds a tool differs between releases. libguestfs-xfs is what makes GenericCloud's root readable;
# where it is no package of its own, strict=0 passes over it.
install_with_dnf() {
  local -a paths
  mapfile -t paths < <(sed 's#^#/usr/bin/#; s#^/usr/bin/ip$#/usr/sbin/ip#' <<<"$1")
  local -a dnf=(dnf -y --setopt=install_weak_deps=False)
  limited "\${dnf[@]}" install "\${paths[@]}" || fail "dnf could not install \${paths[*]}; its own words are above."
  limited "\${dnf[@]}" --setopt=strict=0 install libguestfs-xfs || fail 'dnf could not install libguestfs-xfs; its own words are above.'
}

install_with_apt() {
  local -a packages=(curl ca-certificates iproute2 qemu-utils guestfs-tools libguestfs-tools linux-image-amd64)
  export DEBIAN_FRONTEND=noninteractive
  limited apt-get -q update || fail 'apt-get update failed; its own words are above.'
  limited apt-get -q -y --no-install-recommends install "\${packages[@]}" || fail "apt-get could not install \${packages[*]}; its own words are above."
}

open_port() {
  command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1 || return 0
  firewall-cmd --add-port="$PORT/tcp"
}

start_server() {
  setsid python3 "$BIN/server.py" "\${RKE2A_BIND:-::}" "$PORT" "$ROOT/token" "$SERVED" </dev/null &
  local pid=$!
  echo "$pid" >"$ROOT/server.pid"
  for _ in {1..50}; do
    sleep 0.1
    kill -0 "$pid" 2>/dev/null || fail "The image server could not listen on port $PORT; its own words are above."
    if (: <"/dev/tcp/\${RKE2A_BIND:-127.0.0.1}/$PORT") 2>/dev/null; then return 0; fi
  done
  fail "The image server does not answer on port $PORT."
}
`,dr=P`# shellcheck shell=bash
# Phase probe: facts about the final image, the very bytes that will be imported, printed on the console in numbered
# chunks. Judging them is not done here (DESIGN §2 rule 2).

phase_probe() {
  local facts=$WORK/facts.json
  local -a updates=()
  # What only the bake could know; without the list the proof says so.
  [ ! -e "$WORK/updates" ] || updates=(--updates "$WORK/updates")
  if ! limited bash "$STAGE/$PROBE" "$WORK/golden.qcow2" "\${updates[@]}" >"$facts" 2>"$WORK/probe.error" </dev/null; then
    tail -n 20 "$WORK/probe.error"
    fail "The probe failed: $(tail -n 1 "$WORK/probe.error")"
  fi
  [ -s "$facts" ] || fail 'The probe wrote no facts.'
  send_document facts "$facts"
  percent 100
}

# Twice over, so that a line lost in the noise of a console is made up for.
send_document() {
  local name=$1 file=$2 index round
  local -a chunks
  mapfile -t chunks < <(gzip -9nc "$file" | base64 -w 900)
  for round in 1 2; do
    for index in "\${!chunks[@]}"; do
      mark "{\"mark\":\"chunk\",\"name\":\"$name\",\"index\":$index,\"total\":\${#chunks[@]},\"data\":\"\${chunks[index]}\"}"
    done
    percent $((round * 45))
  done
  mark_twice "{\"mark\":\"sum\",\"name\":\"$name\",\"sha256\":\"$(sha256sum "$file" | cut -d ' ' -f 1)\",\"bytes\":$(stat -c %s "$file")}"
}
`,ur=P`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
keeps status.json. It must never stop the bake: a console that is gone or does not drain loses lines instead.
usage: relay.py CONSOLE LOG STATUS-FILE SECRETS-FILE"""
import collections
import json
import os
import select
import sys
import time

PREFIX = '@@rke2-actions@@ '
LONGEST = 8192


class Console:
    """Opened anew for each line: a login prompt that starts hangs up all who have the terminal open."""

    def __init__(self, path):
        self.path = path

    def write(self, line):
        data = line.encode()
        try:
            flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND
            if not self.path.startswith('/dev/'):
                flags |= os.O_CREAT
            target = os.open(self.path, flags, 0o600)
        except OSError:
            return
        try:
            while data:
                if not select.select([], [target], [], 10)[1]:
                    return
                data = data[os.write(target, data):]
        except OSError:
            pass
        finally:
            os.close(target)


class Status:
    """What /<token>/status.json says: where the bake is, why it failed, its last lines."""

    def __init__(self, path):
        self.path = path
        self.lines = collections.deque(maxlen=50)
        self.state = {'schemaVersion': 1, 'phase': None, 'step': None, 'percent': None, 'error': None, 'done': False}
        self.stale = True

    def mark(self, mark):
        kind = mark.get('mark')
        if kind == 'phase':
            if mark.get('phase') != self.state['phase']:
                self.state.update(step=None)
            self.state.update(phase=mark.get('phase'), percent=mark.get('percent'))
        elif kind == 'step':
            self.state.update(step=mark.get('id'))
        elif kind == 'error':
            self.state.update(error=mark.get('message'), step=mark.get('step'))
        elif kind == 'result':
            self.state.update(done=True, **{key: mark.get(key) for key in ('sha512', 'sha256', 'size', 'virtualSize')})
        self.stale = True
        if kind in ('error', 'result'):
            self.save()

    def save(self):
        if not self.stale:
            return
        self.stale = False
        draft = self.path + '.new'
        try:
            with open(draft, 'w', encoding='utf-8') as file:
                json.dump({**self.state, 'lines': list(self.lines)}, file)
            os.replace(draft, self.path)
        except OSError:
            pass


class Relay:
    def __init__(self, console, log, status, secrets):
        self.console = Console(console)
        self.status = Status(status)
        self.log = open(log, 'a', encoding='utf-8', errors='replace') if log else None
        with open(secrets, encoding='utf-8') as file:
            self.secrets = sorted((line for line in file.read().splitlines() if line), key=len, reverse=True)

    def redact(self, text):
        for secret in self.secrets:
            text = text.replace(secret, '***')
        return text

    def line(self, raw):
        text = raw.decode('utf-8', 'replace').rstrip('\r')[:LONGEST]
        if text.startswith(PREFIX):
            self.mark(text)
        elif text.strip():
            text = self.redact(text)
            self.console.write(text + '\n')
            self.keep(text)
            self.status.lines.append(text)
            self.status.stale = True

    def mark(self, text):
        try:
            mark = json.loads(text[len(PREFIX):])
        except ValueError:
            return
        # The result names the secret path: for the console's reader alone, never for the log.
        if mark.get('mark') != 'result':
            text = self.redact(text)
            if mark.get('mark') != 'chunk':
                self.keep(text)
                mark = json.loads(text[len(PREFIX):])
        # A prompt without a line end may stand on the terminal.
        self.console.write('\n' + text + '\n' if mark.get('mark') in ('error', 'result') else text + '\n')
        self.status.mark(mark)

    def keep(self, text):
        if self.log:
            try:
                self.log.write(text + '\n')
                self.log.flush()
            except OSError:
                pass


def main():
    relay = Relay(*sys.argv[1:5])
    rest, saved = b'', 0.0
    while True:
        ready, _, _ = select.select([0], [], [], 1)
        if ready:
            data = os.read(0, 65536)
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                relay.line(line)
            if len(rest) > 65536 or (not data and rest):
                relay.line(rest)
                rest = b''
            if not data:
                break
        if time.monotonic() - saved >= 0.5:
            relay.status.save()
            saved = time.monotonic()
    relay.status.save()


main()
`,fr=P`# shellcheck shell=bash
# Phase serve: the image is put where the server finds it, asked for as an importer would, and announced. The server goes
# on until the machine is deleted.

phase_serve() {
  mv "$WORK/golden.qcow2" "$SERVED/golden.qcow2"
  ask_for_image
  announce_addresses
  percent 100
  say 'The image is served until this machine is deleted.'
  mark_twice "{\"mark\":\"result\",\"sha512\":\"$SHA512\",\"sha256\":\"$SHA256\",\"size\":$SIZE,\"virtualSize\":$IMAGE_VIRTUAL_SIZE,\"port\":$PORT,\"path\":\"/$(cat "$ROOT/token")/golden.qcow2\"}"
}

# The path is a secret: it reaches curl through a file.
ask_for_image() {
  local length
  printf 'url = "http://%s:%s/%s/golden.qcow2"\n' "\${RKE2A_BIND:-127.0.0.1}" "$PORT" "$(cat "$ROOT/token")" >"$WORK/curl.conf"
  length=$(curl --config "$WORK/curl.conf" --noproxy '*' --silent --show-error --fail --head --max-time 10 --retry 5 --retry-connrefused |
    tr -d '\r' | awk 'tolower($1) == "content-length:" { print $2 }') || fail "The image server does not answer on port $PORT."
  [ "$length" = "$SIZE" ] || fail "The image server announces $length bytes, the image has $SIZE."
}
`,hr=P`"""Serves two files under a secret path, to whoever knows it: /<token>/golden.qcow2 and /<token>/status.json. HEAD, byte
ranges and kept connections, as importers want them (facts/harvester.md §1.8); everything else is "not found".
usage: server.py ADDRESS PORT TOKEN-FILE FOLDER"""
import email.utils
import hmac
import http
import http.server
import os
import re
import socket
import socketserver
import sys

TYPES = {'golden.qcow2': 'application/octet-stream', 'status.json': 'application/json'}
RANGE = re.compile(r'^bytes=(\d*)-(\d*)$')


def byte_range(header, size):
    """(first, last) of one range, None for the whole file, False where nothing of it exists (RFC 9110 §14.2)."""
    match = RANGE.match(header or '')
    if not match or match.groups() == ('', ''):
        return None
    first, last = match.groups()
    if first == '':
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < int(first):
            return None
    return (start, end) if start <= end else False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'rke2-actions'
    sys_version = ''
    # Of one read or write: an idle connection does not stay for ever.
    timeout = 60
    disable_nagle_algorithm = True

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def requested(self):
        parts = self.path.split('?', 1)[0].split('/')
        if len(parts) != 3 or parts[0] or parts[2] not in TYPES:
            return None
        known = hmac.compare_digest(parts[1].encode('utf-8', 'replace'), self.server.token)
        return parts[2] if known else None

    def answer(self, body):
        name = self.requested()
        try:
            file = open(os.path.join(self.server.folder, name), 'rb') if name else None
        except OSError:
            file = None
        if file is None:
            self.refuse(404, body)
            return
        with file:
            self.send_part(name, file, body)

    def send_part(self, name, file, body):
        info = os.fstat(file.fileno())
        tag = f'"{info.st_size:x}-{info.st_mtime_ns:x}"'
        wanted = None
        if self.headers.get('If-Range') in (None, tag):
            wanted = byte_range(self.headers.get('Range'), info.st_size)
        if wanted is False:
            self.refuse(416, body, [('Content-Range', f'bytes */{info.st_size}')])
            return
        start, end = wanted or (0, info.st_size - 1)
        self.send_response(206 if wanted else 200)
        self.send_header('Content-Type', TYPES[name])
        self.send_header('Content-Length', str(end - start + 1))
        self.send_header('Accept-Ranges', 'bytes')
        self.send_header('ETag', tag)
        self.send_header('Last-Modified', email.utils.formatdate(info.st_mtime, usegmt=True))
        if name == 'status.json':
            self.send_header('Cache-Control', 'no-store')
        if wanted:
            self.send_header('Content-Range', f'bytes {start}-{end}/{info.st_size}')
        self.end_headers()
        self.tell(name, 206 if wanted else 200)
        if body and end >= start:
            self.connection.sendfile(file, start, end - start + 1)

    def refuse(self, status, body, headers=()):
        text = f'{http.HTTPStatus(status).phrase}\n'.encode()
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        if body:
            self.wfile.write(text)

    def tell(self, name, status):
        if name != 'status.json':
            print(f'serve: {self.command} {name} {status} for {self.client_address[0]}', flush=True)

    def log_message(self, *_):
        """The request line holds the secret path."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, port, token, folder):
        self.token = token.encode()
        self.folder = folder
        self.address_family = socket.AF_INET6 if ':' in address else socket.AF_INET
        super().__init__((address, port), Handler)

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not HTTPServer's own, which waits for DNS to name this machine.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, _request, _address):
        """A client that went away is no news."""


def main():
    address, port, token_file, folder = sys.argv[1:5]
    with open(token_file, encoding='utf-8') as file:
        token = file.read().strip()
    try:
        server = Server(address, int(port), token, folder)
    except OSError:
        if address != '::':
            raise
        server = Server('0.0.0.0', int(port), token, folder)  # a machine without IPv6
    server.serve_forever()


main()
`,X=6e4,mr={download:20*X,customize:20*X,probe:5*X,compress:10*X},pr={prepare:15*X,accelerate:5*X,hash:10*X,serve:2*X},gr=new Set(["customize","probe","compress"]);function dn(e,t,n){const s=t==="tcg"?Math.max(1,n):1,i={...pr,...e},r=Object.entries(i).map(([a,c])=>[a,gr.has(a)?Math.round(c*s):c]);return Object.fromEntries(r)}o(dn,"phaseLimits");function sf(e,t,n){return Object.values(dn(e,t,n)).reduce((s,i)=>s+i,0)}o(sf,"totalLimit");const $r=2*1024**3,wr=10,kr=2;function br(e){const t={RUN_ID:e.runId,RECIPE:e.recipe.name,BASE_URL:e.base.url,BASE_SHA256:e.base.sha256,PORT:e.port,VIRTUAL_SIZE:e.recipe.virtualSize??0,COMPRESS:e.compress?"yes":"no",PROBE:e.probe.entry,MINIMUM_FREE:$r,KVM_SILENCE:wr,DOWNLOAD_PAUSE:kr,...un(e,"kvm"),...un(e,"tcg")};return[...Object.entries(t).map(([s,i])=>`${s}=${C(String(i))}`),...yr(e.proxy),""].join(`
`)}o(br,"renderSettings");function un(e,t){const n=dn(e.limits,t,e.emulationFactor);return Object.fromEntries(Object.entries(n).map(([s,i])=>[`LIMIT_${s.toUpperCase()}_${t.toUpperCase()}`,Math.ceil(i/1e3)]))}o(un,"limitSettings");function yr(e){const t={http_proxy:e?.http,https_proxy:e?.https,no_proxy:e?.no};return Object.entries(t).filter(([,n])=>n!==void 0&&n!=="").map(([n,s])=>`export ${n}=${C(s)}`)}o(yr,"proxySettings");function vr(e){const n=[e.proxy?.http,e.proxy?.https,e.base.url,...e.recipe.downloads.map(({url:s})=>s)].flatMap(s=>s&&URL.canParse(s)?Er(new URL(s)):[]);return[...new Set([e.token,...n])].map(s=>`${s}
`).join("")}o(vr,"secretsOf");function Er(e){const{username:t,password:n,search:s}=e;return[`${t}:${n}`,n,Sr(n),s.slice(1)].filter(i=>i.length>=4)}o(Er,"credentialsOf");function Sr(e){try{return decodeURIComponent(e).replaceAll(`
`,"")}catch{return e}}o(Sr,"decode");const fn="/var/lib/rke2-actions/bake",hn=Object.entries({"bake.sh":nr,"marks.sh":cr,"prepare.sh":lr,"download.sh":or,"accelerate.sh":tr,"customize.sh":ir,"compress.sh":sr,"probe.sh":dr,"hash.sh":ar,"serve.sh":fr,"relay.py":ur,"customize-log.py":rr,"server.py":hr}).map(([e,t])=>({name:`bin/${e}`,content:t,mode:"0700"}));function Tr(e){Rr(e);const t=xr(e).map(i=>({...i,name:`${fn}/${i.name}`})),n=Ji(t,["bash",`${fn}/bin/bake.sh`],e.sshAuthorizedKeys),s=e.staticNetwork&&Qi(e.staticNetwork);return er([n,s??""],t),{userData:n,...s&&{networkData:s},scripts:hn,files:t}}o(Tr,"renderBuilder");function xr(e){const{recipe:t,customize:n,probe:s}=e,i=o((a,c)=>({name:a,content:c,mode:"0600"}),"plain"),r=[...n.files,...s.files];return[...hn,i("settings.env",br(e)),i("token",`${e.token}
`),i("secrets",vr(e)),i("commands",n.commands),i("steps.tsv",n.steps.map(({id:a,title:c})=>mn(a,c)).join("")),i("downloads.tsv",t.downloads.map(a=>mn(a.sha256,sn(a),a.path,a.url)).join("")),...t.certificates.map(({name:a,pem:c})=>i(`ca/${a}.crt`,`${c.trim()}
`)),...r.map(a=>({...a,name:`stage/${a.name}`}))]}o(xr,"filesOf");function mn(...e){return`${e.map(t=>t.replace(/[\t\r\n]+/g," ")).join("	")}
`}o(mn,"row");function Rr(e){const{customize:t,probe:n,recipe:s}=e,i=[...t.files,...n.files].map(({name:c})=>c),r=t.commands.split(`
`).filter(c=>c!==""),a=[!/^[\w-]{16,}$/.test(e.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(e.base.sha256)&&`the base's sha256 is "${e.base.sha256}"`,!Number.isInteger(e.port)&&`the port is ${e.port}`,r.length!==t.steps.length&&`${r.length} commands do not match ${t.steps.length} steps`,!i.includes(n.entry)&&`the probe's entry "${n.entry}" is none of its files`,...i.filter((c,l)=>i.indexOf(c)!==l).map(c=>`"${c}" is staged twice`),...i.filter(c=>!Ir(c)).map(c=>`"${c}" lies outside of the stage`),...s.certificates.filter(({name:c})=>!/^[\w][\w.-]*$/.test(c)).map(({name:c})=>`the certificate name "${c}" is no file name`)].filter(c=>c!==!1);if(a.length>0)throw new p.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${a.join("; ")}.`)}o(Rr,"assertInput");function Ir(e){return e!==""&&!e.startsWith("/")&&!e.split("/").includes("..")}o(Ir,"isBelow");const _r=/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;function Ar(e,t){const n=t.match(_r)??[];if(/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(t))return{wrong:"contains a private key, which must never be in an image"};if(n.length===0)return{wrong:"expected certificates in PEM form"};for(const[s,i]of n.entries()){const r=Nr(i);if(!r)return{wrong:`certificate ${s+1} of ${n.length} cannot be read`};if(!r.ca)return{wrong:`certificate ${s+1} (${Lr(r)}) is not of a certificate authority`}}return n.map((s,i)=>({name:n.length===1?e:`${e}-${i+1}`,pem:`${s.replace(/\r/g,"").trim()}
`}))}o(Ar,"splitBundle");function Or(e){return(0,L.createHash)("sha256").update(new L.X509Certificate(e).raw).digest("hex")}o(Or,"derDigest");function Nr(e){try{return new L.X509Certificate(e)}catch{return}}o(Nr,"read");const Lr=o(e=>e.subject.replace(/\n/g,", "),"subject");function pn(e){const{absent:t,signers:n,minimumCount:s,install:i}=e.packages,{firewall:r,allowedHosts:a}=e;return{recipe:{name:e.name,digest:(0,ke.dF)(e),layers:e.layers},packages:{present:i,absent:t,signers:n,minimumCount:s},repositories:e.repositories.map(({id:c,enabled:l,baseurl:d})=>({id:c,enabled:l,host:new URL(d).hostname})),...a&&{allowedHosts:a},files:[...e.files.map(Cr),...e.downloads.map(Pr)],directories:e.directories,sysctls:e.sysctls,kernelModules:e.kernelModules,services:e.services,kernelCommandLine:e.kernelCommandLine,initramfs:e.initramfs,...r&&{firewall:{ipv4:r.ipv4,ipv6:r.ipv6}},selinux:e.selinux,certificates:e.certificates.map(({name:c,pem:l})=>({name:c,sha256:Or(l)})),sealing:e.sealing,image:e.image}}o(pn,"expectationsOf");function Cr({path:e,mode:t,owner:n,group:s,selinuxType:i,content:r,origin:a}){return{path:e,sha256:(0,je.qQ)("sha256",r),mode:t,owner:n,group:s,...i&&{selinuxType:i},origin:a}}o(Cr,"fileExpectation");function Pr({path:e,sha256:t,mode:n}){return{path:e,sha256:t,mode:n,owner:"root",group:"root",origin:"downloads"}}o(Pr,"downloadExpectation");const K={"HYG-2":["/etc/ssh/ssh_host_*"],"HYG-4":["/var/lib/cloud/instance","/var/lib/cloud/instances/*","/var/lib/cloud/data/*","/var/lib/cloud/sem/*","/var/log/cloud-init*","/etc/cloud/cloud-init.disabled"],"HYG-5":["/etc/NetworkManager/system-connections/cloud-init-*","/etc/NetworkManager/conf.d/99-cloud-init.conf","/etc/sysconfig/network-scripts/ifcfg-cloud-init-*"],"HYG-6":["/var/lib/systemd/random-seed","/var/lib/random-seed","/var/lib/systemd/credential.secret"],"HYG-8":["/root/anaconda-ks.cfg","/root/original-ks.cfg","/var/lib/systemd/coredump/*","/var/spool/abrt/*","/var/crash/*","/core","/core.*"],"HYG-11":["/var/lib/rpm/__db.*","/usr/lib/sysimage/rpm/__db.*"],"CFG-7":["/etc/rancher/*/config.yaml","/etc/rancher/*/config.yaml.d/*","/etc/rancher/*/registries.yaml","/etc/rancher/node/password","/var/lib/rancher/*/server/token","/var/lib/rancher/*/server/node-token","/var/lib/rancher/*/server/agent-token","/var/lib/rancher/*/server/tls","/var/lib/rancher/*/server/cred","/var/lib/rancher/*/server/db","/var/lib/rancher/*/agent/*.kubeconfig"],"SEL-2":["/.autorelabel"]},Mr=["/etc/machine-id","/var/lib/dbus/machine-id","/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],gn=["nm-cloud-setup.service","nm-cloud-setup.timer","kdump.service","rpcbind.socket","cockpit.socket"],$n=48*1024;function Dr(e){return{files:[{name:"probe/probe.sh",content:Qe("probe.sh"),mode:"0755"},{name:"probe/section.sh",content:Qe("section.sh"),mode:"0644"},{name:"probe/guest.sh",content:Qe("guest.sh"),mode:"0644"},{name:"probe/spec",content:Ur(e),mode:"0644"}],entry:"probe/probe.sh"}}o(Dr,"probeFiles");function Ur(e){const{files:t,directories:n,sealing:s,services:i}=e,r={path:[...Mr,...s.emptied],file:t.map(l=>l.path),directory:n.map(l=>l.path),glob:[...Object.values(K).flat(),...s.removed],unit:[...i.enable,...i.disable,...i.mask,...gn],module:e.kernelModules,driver:[...e.initramfs.drivers,"xfs","ext4"],certificate:e.certificates.map(l=>l.sha256)},a=Object.entries(r).flatMap(([l,d])=>d.map(h=>zr(l,h))),c=`${[...new Set(a)].sort().join(`
`)}
`;if(Buffer.byteLength(c)>$n)throw new p.Gd("PROBE_SPEC",`The list of what the probe looks at exceeds ${$n} bytes.`);return c}o(Ur,"probeSpec");function zr(e,t){if(t===""||/[\n\t\0]/.test(t))throw new p.Gd("PROBE_SPEC",`${JSON.stringify(t)} cannot be looked for: it is empty or has a line break or tab.`);return`${e} ${t}`}o(zr,"specLine");function Qe(e){const t={"probe.sh":m.ab+"probe.sh","section.sh":m.ab+"section.sh","guest.sh":m.ab+"guest.sh"};return(0,Lt.readFileSync)(t[e],"utf8")}o(Qe,"probe_script");var wn=m(7975),u=m(8816);const Fr=16*1024*1024,Gr=16384,Br=8;class Hr{static{o(this,"Documents")}#e=new Map;add({name:t,index:n,total:s,data:i}){const r=this.#t(t);!r||n>=s||(r.total!==s&&(r.total=s,r.chunks.clear()),r.chunks.set(n,i))}close({name:t,sha256:n,bytes:s}){const i=this.#t(t);if(!i||i.told.has(n))return{outcome:"known"};i.told.add(n);const r=[...Array(i.total).keys()].filter(c=>!i.chunks.has(c));if(i.total===0||r.length>0)return et(t,Wr(i.total,r));const a=Buffer.from([...Array(i.total).keys()].map(c=>i.chunks.get(c)).join(""),"base64");return i.chunks.clear(),i.total=0,Kr(t,a,n,s)}#t(t){const n=this.#e.get(t);if(n||this.#e.size>=Br)return n;const s={total:0,chunks:new Map,told:new Set};return this.#e.set(t,s),s}}function Kr(e,t,n,s){let i;try{i=(0,an.gunzipSync)(t,{maxOutputLength:Fr})}catch(a){return et(e,(0,p.bD)(a))}const r=(0,je.qQ)("sha256",i);return r!==n||i.length!==s?et(e,`its sha256 is ${r} of ${i.length} bytes, announced were ${n} of ${s}`):{outcome:"complete",text:i.toString("utf8")}}o(Kr,"unpack");function Wr(e,t){if(e===0)return"none of its chunks arrived";const n=t.slice(0,10).join(", ");return`${t.length} of ${e} chunks are missing: ${n}${t.length>10?", \u2026":""}`}o(Wr,"missingWords");function et(e,t){return{outcome:"failed",message:`The document "${e}" did not arrive over the console: ${t}.`}}o(et,"failed");const kn="@@rke2-actions@@ ",jr=["prepare","download","accelerate","customize","compress","probe","hash","serve"],W=o(e=>u.YjP().max(e),"marks_text"),ue=u.Whr().min(0).max(Number.MAX_SAFE_INTEGER),tt=o(e=>u.YjP().regex(new RegExp(`^[0-9a-f]{${e}}$`)),"hex"),bn=u.k5n(jr),Vr=u.gMt("mark",[u.Ikc({mark:u.euz("phase"),phase:bn,percent:u.aig().min(0).max(100).optional()}),u.Ikc({mark:u.euz("step"),id:W(200),title:W(500),index:ue,total:ue}),u.Ikc({mark:u.euz("error"),phase:bn,step:W(500).optional(),message:W(4e3),exit:u.Whr()}),u.Ikc({mark:u.euz("acceleration"),kind:u.k5n(["kvm","tcg"]),reason:W(500)}),u.Ikc({mark:u.euz("address"),addresses:u.YOg(W(64)).max(64)}),u.Ikc({mark:u.euz("chunk"),name:W(64),index:ue,total:u.Whr().min(1).max(Gr),data:W(1200).regex(/^[A-Za-z0-9+/=]*$/)}),u.Ikc({mark:u.euz("sum"),name:W(64),sha256:tt(64),bytes:ue}),u.Ikc({mark:u.euz("result"),sha512:tt(128),sha256:tt(64),size:ue,virtualSize:ue,port:u.Whr().min(1).max(65535),path:W(300).regex(/^\/[\w/.-]+$/)})]);function Yr(e){try{return Vr.safeParse(JSON.parse(e)).data}catch{return}}o(Yr,"parseMark");function rf(e){return`${kn}${JSON.stringify(e)}`}o(rf,"formatMark");const yn=16384,qr=new Set(["error","acceleration","result"]);class Zr{static{o(this,"ConsoleReader")}#e="";#t=!1;#n=new Hr;#s=new Map;push(t){const n=t.split(/[\r\n]/),s=n.pop(),i=n.flatMap(r=>(this.#i(r),this.#r()));return this.#i(s),i}end(){return this.#r()}#i(t){this.#t||t===""||(this.#e+=t,!(this.#e.length<=yn)&&(this.#e=`${this.#e.slice(0,yn)}\u2026`,this.#t=!0))}#r(){const t=Xr(this.#e);this.#e="",this.#t=!1;const[n,...s]=t.split(kn);return[...vn(n),...s.flatMap(i=>this.#o(i.trim()))]}#o(t){const n=Yr(t);if(!n)return vn("(a damaged mark of the builder was ignored)");if(n.mark==="chunk")return this.#n.add(n),[];if(n.mark==="sum")return this.#a(n);if(qr.has(n.mark)){if(this.#s.get(n.mark)===t)return[];this.#s.set(n.mark,t)}return[{kind:"mark",mark:n}]}#a(t){const n=this.#n.close(t);return n.outcome==="known"?[]:n.outcome==="failed"?[{kind:"error",name:t.name,message:n.message}]:[{kind:"document",name:t.name,text:n.text}]}}function vn(e){return e.trim()===""?[]:[{kind:"line",text:e.trimEnd()}]}o(vn,"lineEvent");function Xr(e){return(0,wn.stripVTControlCharacters)(e).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,"")}o(Xr,"printable");const En=1e3,Jr=30,Qr=6e4,eo=64*1024;async function*to(e){const{kube:t,pod:n,container:s,clock:i,signal:r}=e,a=new io;let c=0;for(;;){(0,_.Te)(r);const l=await no(e);try{const d=a.since(),h=t.podLog(n,{container:s,follow:!l,timestamps:!0,idle:Qr,signal:r,...d&&{sinceTime:d}});a.restart();for await(const g of so(h,l)){c=0;const $=a.take(g);$!==void 0&&(yield $)}}catch(d){if((0,_.Te)(r),l||(0,O.c4)(d))return;if(!Sn(d)||++c>=Jr)throw d;e.log.debug(`log of ${n.name}: ${(0,p.bD)(d)}; next try in ${(0,Z.a)(En)}`)}if(l)return;await i.sleep(En,r)}}o(to,"followPodLog");function Sn(e){return(0,O.dg)(e)||e instanceof O.a3&&e.status===400}o(Sn,"isPassing");async function no({kube:e,pod:t,container:n,signal:s}){try{const{status:i={}}=await e.get(q.Dp,t,{signal:s});return i.phase==="Succeeded"||i.phase==="Failed"?!0:[...i.containerStatuses??[],...i.initContainerStatuses??[]].find(({name:a})=>a===n)?.state?.terminated!==void 0}catch(i){if((0,O.c4)(i))return!0;if(Sn(i))return!1;throw i}}o(no,"hasEnded");async function*so(e,t){let n="";for await(const s of e){const i=(n+s).split(`
`);n=i.pop().slice(0,eo),yield*i}t&&n!==""&&(yield n)}o(so,"stampedLines");class io{static{o(this,"SeenLines")}#e="";#t=0;#n=0;#s=!0;restart(){this.#n=0,this.#s=!0}since(){return this.#e===""?void 0:`${this.#e.slice(0,19)}Z`}take(t){const n=t.indexOf(" "),s=ro(n<0?t:t.slice(0,n));if(s===void 0)return this.#s?t:void 0;if(this.#s=this.#i(s),!!this.#s)return n<0?"":t.slice(n+1)}#i(t){return t<this.#e?!1:t>this.#e?([this.#e,this.#t,this.#n]=[t,1,1],!0):(this.#n++,this.#n<=this.#t?!1:(this.#t=this.#n,!0))}}function ro(e){const t=/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(e);if(!t)return;const[,n,s="",i]=t;return`${i==="Z"?n:new Date(Date.parse(`${n}${i}`)).toISOString().slice(0,19)}.${s.padEnd(9,"0")}`}o(ro,"utcStamp");const nt="guest-console-log",oo="vm.kubevirt.io/name",ao=1e3,co=15e3;async function*lo(e){const{kube:t,namespace:n,vmName:s}=e,i=new Set;let r=e.appearWithin;for(;;){const a=await uo(e,i,r);if(!a&&i.size>0)return;if(!a)throw ho(e);fo(a),i.add(Tn(a)),e.log.debug(`console of ${s}: pod ${a.metadata.name}`);const c={namespace:n,name:a.metadata.name};yield*to({...e,kube:t,pod:c,container:nt}),r=co}}o(lo,"followConsole");const Tn=o(e=>e.metadata.uid??e.metadata.name,"idOf");async function uo(e,t,n){const{kube:s,namespace:i,vmName:r,clock:a,signal:c}=e,l=a.monotonic()+n;for(;;){const d=`${oo}=${r}`,{items:h}=await s.list(q.Dp,{namespace:i,labelSelector:d,signal:c}),[g]=h.filter($=>!t.has(Tn($))&&!$.metadata.deletionTimestamp).sort(($,x)=>xn(x).localeCompare(xn($)));if(g)return g;if(a.monotonic()>=l)return;await a.sleep(ao,c)}}o(uo,"waitForLauncher");const xn=o(e=>e.metadata.creationTimestamp??"","console_createdAt");function fo(e){if(![...e.spec?.containers??[],...e.spec?.initContainers??[]].some(({name:n})=>n===nt))throw new p.eG("CONSOLE_DISABLED",`Pod ${e.metadata.namespace}/${e.metadata.name} has no container "${nt}".`,{mend:"The cluster does not log serial consoles: Harvester 1.3 (KubeVirt 1.1) or newer is needed."})}o(fo,"requireConsole");function ho({namespace:e,vmName:t,appearWithin:n}){return new p.eG("CONSOLE_MISSING",`No launcher pod of the virtual machine ${e}/${t} appeared within ${(0,Z.a)(n)}.`,{mend:`Look at the events of the virtual machine: kubectl -n ${e} describe vm,vmi ${t}`})}o(ho,"consoleMissing");const mo="harvesterhci.io/volumeClaimTemplates",Rn="harvesterhci.io/creator",po="harvesterhci.io/vmName",go=/^(Err|ImagePullBackOff|CrashLoopBackOff|DataVolumeError)/;function $o(e){const{labels:t,annotations:n}=(0,k.Nt)(e.ownership);return{apiVersion:(0,Oe.X)(I.dr),kind:I.dr.kind,metadata:{name:e.name,namespace:e.namespace,labels:{...t,[Rn]:k.u,"harvesterhci.io/os":"linux"},annotations:{...n,[mo]:JSON.stringify([wo(e)]),"network.harvesterhci.io/ips":"[]"}},spec:{runStrategy:"RerunOnFailure",template:{metadata:{labels:{...t,[Rn]:k.u,[po]:e.name},annotations:{"harvesterhci.io/diskNames":JSON.stringify([e.disk.claimName])}},spec:ko(e)}}}}o($o,"virtualMachine");function wo(e){const{labels:t,annotations:n}=(0,k.Nt)(e.ownership);return{metadata:{name:e.disk.claimName,labels:t,annotations:{...n,"harvesterhci.io/imageId":e.disk.imageId}},spec:{accessModes:["ReadWriteMany"],volumeMode:"Block",storageClassName:e.disk.storageClassName,resources:{requests:{storage:e.disk.size}}}}}o(wo,"claimTemplate");function ko(e){return{hostname:e.name,evictionStrategy:"LiveMigrateIfPossible",terminationGracePeriodSeconds:5,domain:{machine:{type:"q35"},cpu:{cores:e.cpu,sockets:1,threads:1},resources:{limits:{cpu:String(e.cpu),memory:e.memory}},...e.efi&&{firmware:{bootloader:{efi:{secureBoot:!1}}}},devices:{logSerialConsole:!0,disks:[{name:"root",bootOrder:1,disk:{bus:"virtio"}},{name:"cloudinit",disk:{bus:"virtio"}}],interfaces:[{name:"default",model:"virtio",...e.network?{bridge:{}}:{masquerade:{}}}]}},networks:[{name:"default",...e.network?{multus:{networkName:e.network}}:{pod:{}}}],volumes:[{name:"root",persistentVolumeClaim:{claimName:e.disk.claimName}},{name:"cloudinit",cloudInitNoCloud:{secretRef:{name:e.secretName},...e.hasNetworkData&&{networkDataSecretRef:{name:e.secretName}}}}]}}o(ko,"instanceSpec");async function bo(e,t,n){const s=o(i=>(0,k.NG)(i,n.runId),"ours");return(await Ve(e,I.dr,t,{ours:s,signal:n.signal})).object}o(bo,"createVirtualMachine");function yo(e){const{clock:t,grace:n,progress:s}=e;let i=!1,r;return Ut({...e,resource:I.dr,judge:o(a=>{if(!a||a.metadata.deletionTimestamp)throw st("GONE",e,"was deleted");const c=a.status?.printableStatus??"being created";if(c==="Running"?i=!0:s(`virtual machine ${a.metadata.name}: ${c}`),i&&(c==="Stopped"||c==="CrashLoopBackOff"))throw st("STOPPED",e,`ran and is ${c} now`,a);if(r=go.test(c)?r??t.monotonic():void 0,r!==void 0&&t.monotonic()-r>n)throw st("FAILED",e,`has been ${c} for ${(0,Z.a)(n)}`,a)},"judge")})}o(yo,"superviseVirtualMachine");const vo={FAILED:"ErrorUnschedulable: free CPU or memory, or attach the network to more nodes; Err*Pvc*: see its volume.",STOPPED:"The guest ended before the work was done: read its last console lines.",GONE:"Find out who deletes virtual machines in this namespace; start the build again."};function st(e,{namespace:t,name:n},s,i){const r=i?.status?.conditions??[];return new p.eG(`HARVESTER_VM_${e}`,`The virtual machine ${t}/${n} ${s}.`,{mend:vo[e],evidence:r.map(({type:a,status:c,reason:l="",message:d=""})=>`${a}=${c} ${l} ${d}`.trim())})}o(st,"failure");const Eo=50,So=15*6e4,To=9e4,xo=5e3;async function Ro(e,t){const n=new AbortController,s=AbortSignal.any([t.signal,n.signal]),i=new Io(t),{kube:r,clock:a,log:c,progress:l}=t,{namespace:d,names:h}=e,g={kube:r,clock:a,log:c,progress:l,signal:s,namespace:d};try{return await Promise.race([i.follow(lo({...g,vmName:h.vm,appearWithin:So})),yo({...g,name:h.vm,grace:To}),i.watchSilence(e.limits.stall,s)])}catch($){throw Ao($,i.lastLines)}finally{n.abort()}}o(Ro,"bake");class Io{static{o(this,"Watched")}lastLines=[];#e;#t=new Zr;#n;#s;#i="";#r=[];#o;constructor(t){this.#e=t,this.#n=t.clock.monotonic()}async follow(t){for await(const n of t){this.#n=this.#e.clock.monotonic();for(const s of this.#t.push(`${n}
`)){const i=this.#a(s);if(i)return this.#l(i)}}throw new p.eG("BAKE_FAILED","The console of the builder ended before the image was finished.",{mend:"The builder was shut down or crashed: read its last lines; too little memory is a usual cause."})}async watchSilence(t,n){const{clock:s,emulationFactor:i}=this.#e;for(;;){await s.sleep(xo,n);const r=this.#o==="tcg"?t*i:t;if(!(s.monotonic()-this.#n<r))throw new p.eG("BAKE_SILENT",`The builder's console has been silent for ${(0,Z.a)(r)}.`,{mend:"The guest hangs, or its image has no console on ttyS0; raise stall-timeout if it is only slow."})}}#a(t){switch(t.kind){case"line":this.#d(t.text);return;case"document":t.name==="facts"&&(this.#s=t.text);return;case"error":this.#i=t.message;return;case"mark":return this.#u(t.mark)}}#d(t){this.lastLines.push(t),this.lastLines.length>Eo&&this.lastLines.shift(),this.#e.log.info(`\u2502 ${t.replaceAll("##[","## [")}`),this.#e.record(t)}#u(t){const{progress:n,step:s,log:i}=this.#e;switch(t.mark){case"phase":s(t.phase),n(`baking: ${t.phase}${t.percent===void 0?"":`, ${Math.floor(t.percent)} %`}`);return;case"step":n(`baking: step ${t.index} of ${t.total}, ${t.title}`);return;case"acceleration":this.#o=t.kind,t.kind==="tcg"&&i.warning(`guests are emulated in the builder, which is slow: ${t.reason}`);return;case"address":this.#r=t.addresses;return;case"error":throw _o(t);case"result":return t}}#l(t){const n=this.#o;if(this.#s===void 0)throw new p.eG("FACTS_LOST",this.#i||"The builder sent no facts about the image.",{mend:"The serial console lost lines; start the build again."});return{result:t,facts:this.#s,addresses:this.#r,...n&&{acceleration:n}}}}function _o(e){const t=e.step?`phase "${e.phase}", step "${e.step}"`:`phase "${e.phase}"`;return new p.eG("BAKE_FAILED",`The bake failed in ${t}: ${e.message}`,{mend:"The lines of the console above it say why; correct the recipe, or what the builder could not reach."})}o(_o,"bakeFailed");function Ao(e,t){if(!(e instanceof p.eG)||t.length===0)return e;const n=[...e.evidence,...t],s=e.mend;return new p.eG(e.code,e.message,{evidence:n,cause:e,...s&&{mend:s}})}o(Ao,"withConsole");function Oo(e,t,n){const{recipe:s,recipeDigest:i,builder:r,names:a}=e,{inputs:c,baked:l,verdict:d,error:h,timings:g,start:$,end:x}=n,{origin:ne,pathname:Y}=new URL(s.base.url);return{schema:"rke2-actions.build-record/v1",kind:"golden",name:a.image,runId:e.runId,status:h?"failed":"succeeded",...h&&{error:{code:h.code,message:h.message}},origin:t,inputs:{base:{url:`${ne}${Y}`,...c&&{sha256:c.baseSha256}},recipe:{name:s.name,digest:i,layers:s.layers},repositories:c?.repositories??[],...c?.fingerprint&&{fingerprint:c.fingerprint}},builder:{cpu:r.cpu,memory:r.memory,...l?.acceleration&&{acceleration:l.acceleration}},outputs:n.image&&l?[No(n.image,l)]:[],checks:d?{outcome:d.outcome,rules:Object.fromEntries(d.results.map(({id:ge,status:Xu})=>[ge,Xu]))}:{},times:{start:$,end:x,phases:g}}}o(Oo,"buildRecord");function No(e,{result:t}){return{name:e.displayName,digest:`sha512:${t.sha512}`,size:t.size,virtualSize:t.virtualSize,mediaType:"application/x-qemu-disk",location:`harvester:${e.id}`}}o(No,"outputOf");var Lo=m(8240);function Co(e){const t=[...new Set(e.map(n=>n.trim().replace(/\/\d+$/,"")))].filter(Mo);return[...t.filter(de.isIPv4),...t.filter(de.isIPv6)]}o(Co,"usableAddresses");function Po(e){return(e?.status?.interfaces??[]).flatMap(({ipAddress:n,ipAddresses:s=[]})=>[...n?[n]:[],...s])}o(Po,"reportedAddresses");function Mo(e){return(0,de.isIPv4)(e)?!/^(127\.|169\.254\.|0\.|2(2[4-9]|[3-5]\d)\.)/.test(e):(0,de.isIPv6)(e)&&!/^(fe[89ab]|ff)/i.test(e)&&e!=="::"&&e!=="::1"}o(Mo,"isUsable");class Do{static{o(this,"AddressBook")}#e=[];note(t){const n=Co(t);n.length>0&&(this.#e=n)}get addresses(){return this.#e}}function Uo(e,t,n){return`http://${(0,de.isIPv6)(e)?`[${e}]`:e}:${t}${n}`}o(Uo,"httpUrl");const zo=2e3,Fo=5e3;async function Go(e,t,n){const s=await Bo(e,t,n),i=s.map(r=>Uo(r,t.port,t.path));for(const r of i)if(await Ko(r,t.size,n))return r;return n.log.info(`this machine has no route to ${s.join(", ")}; the nodes of Harvester need one`),i[0]}o(Go,"findUrl");async function Bo(e,t,n){const s=new Do;for(s.note(e.staticNetwork?[e.staticNetwork.address]:t.addresses);s.addresses.length===0&&(s.note(Po(await Ho(e,n))),!(s.addresses.length>0));)n.progress(`waiting for an address of ${e.namespace}/${e.names.vm}`),await n.clock.sleep(zo,n.signal);return s.addresses}o(Bo,"waitForAddresses");async function Ho(e,{kube:t,signal:n}){const s={namespace:e.namespace,name:e.names.vm};return t.get(I.Bg,s,{signal:n}).catch(i=>{if(!(0,O.c4)(i))throw i})}o(Ho,"instanceOf");async function Ko(e,t,n){const{http:s,signal:i,log:r}=n;try{const a=await s.request(e,{method:"HEAD",signal:i,timeout:Fo});if(a.body.destroy(),a.status!==200)throw new Error(`answered ${a.status}`);const c=Number(a.headers["content-length"]);if(c===t)return!0;throw new p.eG("HANDOVER_MISMATCH",`The builder serves ${c} bytes instead of ${t}.`,{mend:"Another server seems to have the address of the builder: check for duplicate addresses."})}catch(a){if(i.aborted||a instanceof p.eG&&a.code==="HANDOVER_MISMATCH")throw a;return r.debug(`${new URL(e).host}: ${(0,p.bD)(a)}`),!1}}o(Ko,"answers");async function Wo(e,t,n){const{kube:s,log:i,signal:r}=n,a={[k.HG]:t.sha512,[k.iX]:t.baseSha256,...t.fingerprint&&{[k.lj]:t.fingerprint}},c=Bt({namespace:e.namespace,name:e.names.image,url:t.url,sha512:t.sha512,storageClass:e.storageClass,retry:e.importRetries,ownership:e.ownership,annotations:a,description:`${e.recipe.name} (${e.recipeDigest.slice(0,12)}), baked by rke2-actions`});await Ht(s,c,{runId:e.runId,signal:r}),i.info(`created image ${e.namespace}/${e.names.image}`);const{namespace:l,names:d,limits:h}=e,g=await jt({...n,namespace:l,name:d.image,stallAfter:h.stall});return await ni(s,g,{signal:r}),i.notice(`imported ${g.id}, storage class ${g.storageClassName}`),g}o(Wo,"importImage");const jo="/var/lib/rancher/rke2/server/manifests";function Vo(e){return`use_golden_image  = true
golden_image_name = ${JSON.stringify(e)}
`}o(Vo,"tfvars");function Yo(e){const{ciliumPool:t}=e,n=t?[An("cilium-lb-ippool.yaml",Zo(t)),An("cilium-l2-policy.yaml",Xo)]:[];return _n({...In(e),...n.length>0&&{write_files:n}})}o(Yo,"controlPlaneCloudInit");function qo(e){return _n(In(e))}o(qo,"workerCloudInit");function In({sshAuthorizedKeys:e}){return e.length>0?{ssh_authorized_keys:e}:{}}o(In,"keys");function _n(e){return`#cloud-config
${(0,F.As)(e,{version:"1.1",lineWidth:0})}`}o(_n,"cloudConfig");const An=o((e,t)=>({path:`${jo}/${e}`,permissions:"0644",content:(0,F.As)(t,{lineWidth:0})}),"manifestFile"),Zo=o(({start:e,stop:t})=>({apiVersion:"cilium.io/v2alpha1",kind:"CiliumLoadBalancerIPPool",metadata:{name:"ingress-pool"},spec:{blocks:[{start:e,stop:t}]}}),"loadBalancerPool"),Xo={apiVersion:"cilium.io/v2alpha1",kind:"CiliumL2AnnouncementPolicy",metadata:{name:"l2-policy"},spec:{serviceSelector:{matchLabels:{}},nodeSelector:{matchExpressions:[{key:"node-role.kubernetes.io/control-plane",operator:"DoesNotExist"}]},interfaces:["^eth1$"],externalIPs:!0,loadBalancerIPs:!0}};var Jo=m(43);function A(e){return e.split(`
`).filter(t=>t.trim()!=="")}o(A,"lines");function N(e,t){return A(e).map(n=>{const s=n.split("	");if(s.length<t)throw new Error(`expected ${t} columns, got "${n.slice(0,80)}"`);return s})}o(N,"columns");function On(e){const t=e.trim();if(t==="")throw new Error("it is empty");return t}o(On,"oneLine");function Nn(e){if(!/^\d+$/.test(e.trim()))throw new Error(`"${e.trim().slice(0,40)}" is not a whole number`);return Number(e)}o(Nn,"wholeNumber");function it(e){const t=[];for(const n of A(e))if(n.startsWith("="))t.push({head:n.slice(1),body:[]});else if(t.length>0)t.at(-1).body.push(n);else throw new Error(`"${n.slice(0,80)}" stands before the first block`);return t}o(it,"blocks");function D(e){return it(e).map(({head:t,body:n})=>({path:t,lines:n.map(s=>s.slice(1))}))}o(D,"textFiles");function be(e){const n=(typeof e=="string"?e.split(`
`):e).map(s=>/^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(s)).filter(s=>s!==null).map(s=>[s[1],s[2].replace(/^(["'])(.*)\1$/,"$2")]);return Object.fromEntries(n)}o(be,"assignments");function rt(e){return e.match(/(?:[^\s"]|"[^"]*")+/g)??[]}o(rt,"kernelArguments");function Qo(e){return D(e).map(({path:t,lines:n})=>{const s=o(i=>n.filter(r=>new RegExp(`^${i}\\s`).test(r)).map(r=>r.slice(i.length).trim()),"values");return{id:t.replace(/^.*\//,"").replace(/\.conf$/,""),path:t,version:s("version")[0],linux:s("linux")[0],initrd:s("initrd").flatMap(i=>i.split(/\s+/)),options:s("options").flatMap(rt)}})}o(Qo,"readBootEntries");function ea(e){return N(e,3).map(([t,n,s])=>({path:s,size:Number(t),modified:Number(n)}))}o(ea,"readBootFiles");function Ln(e){return N(e,3).map(([t,n,s])=>({kernel:t,kind:n==="file"||n==="builtin"?n:"absent",module:s}))}o(Ln,"readModuleKinds");function ta(e){const t=o((n,s)=>n.filter(i=>i.startsWith(`${s} `)).map(i=>i.slice(s.length+1)),"named");return it(e).map(({head:n,body:s})=>({kernel:n.split(" ")[0],path:n.split(" ").slice(1).join(" "),modules:t(s,"module"),hostOnly:t(s,"host-only")}))}o(ta,"readInitramfs");const na=u._H3({format:u.YjP(),"virtual-size":u.aig(),"backing-filename":u.YjP().optional(),"format-specific":u._H3({data:u._H3({corrupt:u.zMY().default(!1)})}).optional()});function sa(e){const t=na.parse(JSON.parse(e));return{format:t.format,virtualSize:t["virtual-size"],backingFile:t["backing-filename"],corrupt:t["format-specific"]?.data.corrupt??!1}}o(sa,"readImageInfo");const ia=u._H3({"check-errors":u.aig(),corruptions:u.aig().default(0),leaks:u.aig().default(0),"allocated-clusters":u.aig().optional(),"compressed-clusters":u.aig().default(0)});function ra(e){const t=ia.parse(JSON.parse(e));return{errors:t["check-errors"],corruptions:t.corruptions,leaks:t.leaks,allocatedClusters:t["allocated-clusters"],compressedClusters:t["compressed-clusters"]}}o(ra,"readImageCheck");function oa(e){return it(e).map(({head:t,body:n})=>{const s=new Map(n.map(r=>[r.split(":")[0],r.replace(/^[^:]*:\s*/,"")])),i=s.get("PART_ENTRY_OFFSET");return{device:t,uuid:s.get("UUID"),label:s.get("LABEL"),type:s.get("TYPE"),partitionType:s.get("PART_ENTRY_TYPE")?.toLowerCase(),partitionUuid:s.get("PART_ENTRY_UUID"),partitionLabel:s.get("PART_ENTRY_NAME"),offset:i===void 0?void 0:Number(i)}})}o(oa,"readFilesystems");function aa(e){return N(e,3).map(([t,n,s])=>{if(!/^\d+$/.test(s))throw new Error(`the check of ${t} gave no result`);return{device:t,type:n,status:Number(s)}})}o(aa,"readFilesystemChecks");function ca(e){return N(e,2).map(([t,n])=>({path:t,device:n}))}o(ca,"readMounts");function la(e){return A(e).slice(1).map(t=>t.split(/\s+/)).map(t=>({path:t[5],kilobytes:Number(t[1]),available:Number(t[3])}))}o(la,"readFreeSpace");function da(e){return N(e,8).filter(([t])=>t!=="gpg-pubkey").map(([t,n,s,i,r,a,c,l])=>({name:t,epoch:Number(n),version:s,release:i,arch:r,source:a,signer:/^[0-9a-f]{16,40}$/i.test(c)?c.toLowerCase().slice(-16):void 0,installed:Number(l)}))}o(da,"readPackages");function ua(e){return N(e,2).map(([t,n,s])=>({package:t,reason:n,repository:s??""}))}o(ua,"readReasons");function fa(e){return A(e).map(t=>{const n=/^(missing|[A-Z0-9.?]{8,9})\s+(?:([a-z])\s+)?(\/.*?)(?: \(.*\))?$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of rpm -V`);return{what:n[1],attribute:n[2]??"",path:n[3]}})}o(fa,"readVerify");function ha(e,t){return t.status===0?"":`${e}
${t.error}`.trim()||`status ${t.status}`}o(ha,"readDatabaseCheck");function ma(e){return D(e).flatMap(({path:t,lines:n})=>{const s=[];for(const i of n){const r=/^\s*\[([^\]]+)\]/.exec(i)?.[1],a=/^\s*([\w]+)\s*=\s*(.*?)\s*$/.exec(i);r?s.push({id:r,file:t,settings:{}}):a&&s.length>0&&(s.at(-1).settings[a[1].toLowerCase()]=a[2])}return s})}o(ma,"readRepositories");const pa={f:"file",d:"directory",l:"link",absent:"absent"};function ga(e){return new Map(N(e,9).map(([t,n,s,i,r,,a,c,l])=>[l,{kind:pa[t]??"other",mode:n.padStart(4,"0"),owner:s,group:i,size:Number(r),selinuxType:a.split(":")[2],target:c}]))}o(ga,"readPaths");function $a(e){return new Map(A(e).map(t=>{const n=/^\\?([0-9a-f]{64}) [ *](.+)$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of sha256sum`);return[n[2],n[1]]}))}o($a,"readDigests");function wa(e){return new Map(N(e,2).map(([t,n])=>[n,Number(t)]))}o(wa,"readDirectoryEntries");function ka(e){const t=new Map;for(const[n,s]of N(e,2))t.set(n,[...t.get(n)??[],s]);return t}o(ka,"readGlobs");function ba(e){return N(e,5).map(([t,n,s,i,r])=>({name:t,uid:Number(n),shell:s,home:i,password:r==="locked"||r==="empty"?r:"set"}))}o(ba,"readAccounts");function ya(e){return N(e,2).map(([t,n])=>({size:Number(t),path:n}))}o(ya,"readHomeFiles");function va(e){return N(e,2).map(([t,n])=>({kind:t,path:n}))}o(va,"readSecrets");function Ea(e){return N(e,3).map(([t,n,s])=>({place:t==="anchor"?"anchor":"bundle",sha256:n,path:s}))}o(Ea,"readCertificates");function Sa(e){return new Map(N(e,2).map(([t,n])=>[t,n||"not-found"]))}o(Sa,"readUnits");function Cn(e){const t=A(e),n=/^total (\d+)$/.exec(t.at(-1)??"")?.[1];if(n===void 0)throw new Error("the walk over the files did not reach its end");return{total:Number(n),first:t.slice(0,-1)}}o(Cn,"readSample");const Pn={imageSize:{section:"image-size",read:Nn},imageInfo:{section:"image-info",read:sa},imageCheck:{section:"image-check",read:ra,anyStatus:!0},partitionTable:{section:"partition-table",read:On},filesystems:{section:"filesystems",read:oa},physicalVolumes:{section:"physical-volumes",read:A},filesystemChecks:{section:"filesystem-checks",read:aa},mounts:{section:"mounts",read:ca},freeSpace:{section:"free-space",read:la},osRelease:{section:"os-release",read:be},packages:{section:"packages",read:da},packageReasons:{section:"package-reasons",read:ua},packageVerify:{section:"package-verify",read:fa},databaseErrors:{section:"database-check",read:ha,anyStatus:!0},securityUpdates:{section:"security-updates",read:A},paths:{section:"paths",read:ga},digests:{section:"digests",read:$a},directoryEntries:{section:"directory-entries",read:wa},globs:{section:"globs",read:ka},accounts:{section:"accounts",read:ba},sudo:{section:"sudo",read:D},homeFiles:{section:"home-files",read:ya},secrets:{section:"secrets",read:va},networkIdentity:{section:"network-identity",read:A},temporaryFiles:{section:"temporary-files",read:A},logKilobytes:{section:"log-kilobytes",read:Nn},packageCache:{section:"package-cache",read:A},hostNames:{section:"host-names",read:D},repositories:{section:"repositories",read:ma},repositoryKeys:{section:"repository-keys",read:A},policyModules:{section:"policy-modules",read:A},bootEntries:{section:"boot-entries",read:Qo},bootConfiguration:{section:"boot-configuration",read:D},bootFiles:{section:"boot-files",read:ea},espConfiguration:{section:"esp-configuration",read:D},kernels:{section:"kernels",read:A},kernelModules:{section:"kernel-modules",read:Ln},drivers:{section:"drivers",read:Ln},initramfs:{section:"initramfs",read:ta},firewall:{section:"firewall",read:D},sysctls:{section:"sysctls",read:D},networkManager:{section:"network-manager",read:D},goldenRelease:{section:"golden-release",read:D},certificates:{section:"certificates",read:Ea},units:{section:"units",read:Sa},presets:{section:"presets",read:D},defaultTarget:{section:"default-target",read:On},danglingUnits:{section:"dangling-units",read:A},selinuxConfiguration:{section:"selinux-configuration",read:D},unlabelled:{section:"unlabelled",read:Cn},mislabelled:{section:"mislabelled",read:Cn}},Ta=Object.keys(Pn),xa=u._H3({schemaVersion:u.euz(1),sections:u.g1P(u.YjP(),u._H3({status:u.aig(),text:u.YjP(),truncated:u.zMY().default(!1),error:u.YjP().default("")}))});function Ra(e){const{sections:t}=Ia(e),n=t.session?.status===0?t.guest:t.session,s={},i={};for(const r of Ta){const a=_a(Pn[r],t,n);"value"in a?s[r]=a.value:i[r]=a.reason}return{values:s,missing:i}}o(Ra,"parseFacts");function Ia(e){try{return xa.parse(JSON.parse(e))}catch(t){throw new p.eG("FACTS_INVALID",`The probe did not deliver a document of facts: ${(0,p.bD)(t)}`,{mend:"Look at the log of the probe; libguestfs-test-tool shows whether libguestfs works on that machine.",cause:t})}}o(Ia,"parseDocument");function _a(e,t,n){const s=t[e.section];if(!s)return{reason:Mn(n?.error)||`the probe delivered no section "${e.section}"`};if(s.truncated)return{reason:`section "${e.section}" is longer than its limit and was cut off`};if(s.status!==0&&!e.anyStatus)return{reason:Mn(s.error)||`collecting "${e.section}" ended with status ${s.status}`};try{return{value:e.read(s.text,s)}}catch(i){return{reason:`section "${e.section}" cannot be read: ${(0,p.bD)(i)}`}}}o(_a,"readFact");function Mn(e){return(e??"").trim().split(`
`).slice(0,3).join("; ")}o(Mn,"firstLines");function Dn(e){const t=/^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(e);return{epoch:Number(t[1]??0),version:t[2],release:t[3]??""}}o(Dn,"parseEvr");function Un(e,t){const n=typeof e=="string"?Dn(e):e,s=typeof t=="string"?Dn(t):t;return Math.sign(n.epoch-s.epoch)||ot(n.version,s.version)||ot(n.release,s.release)}o(Un,"compareEvr");function ot(e,t){if(e===t)return 0;let[n,s]=[e,t];for(;;){n=n.replace(/^[^A-Za-z0-9~^]+/,""),s=s.replace(/^[^A-Za-z0-9~^]+/,"");const i=Aa(n,s);if(i==="both"){[n,s]=[n.slice(1),s.slice(1)];continue}if(i!==void 0)return i;if(n===""||s==="")return Math.sign(n.length-s.length);const[r,a]=Oa(n,s);if(a==="")return/^\d/.test(r)?1:-1;const c=Na(r,a);if(c!==0)return c;[n,s]=[n.slice(r.length),s.slice(a.length)]}}o(ot,"compareVersions");function Aa(e,t){if(e.startsWith("~")||t.startsWith("~"))return e.startsWith("~")?t.startsWith("~")?"both":-1:1;if(!(!e.startsWith("^")&&!t.startsWith("^")))return e===""?-1:t===""||!e.startsWith("^")?1:t.startsWith("^")?"both":-1}o(Aa,"compareMarks");function Oa(e,t){const n=/^\d/.test(e)?/^\d+/:/^[A-Za-z]+/;return[n.exec(e)[0],n.exec(t)?.[0]??""]}o(Oa,"segments");function Na(e,t){if(!/^\d/.test(e))return e<t?-1:e>t?1:0;const[n,s]=[e.replace(/^0+/,""),t.replace(/^0+/,"")];return n.length!==s.length?Math.sign(n.length-s.length):n<s?-1:n>s?1:0}o(Na,"compareSegments");function La(e,t){const{values:n,missing:s}=e;if(!n.packages)throw new p.eG("MANIFEST_INCOMPLETE",`There is no package list: ${s.packages??"not collected"}`,{mend:"See the verdict: the rules that need the list are errors for the same reason."});const i=new Map(n.initramfs?.map(r=>[r.kernel,r.modules]));return{schemaVersion:1,...t,system:{name:n.osRelease?.ID??"",version:n.osRelease?.VERSION_ID??""},packages:n.packages.toSorted(Da).map(r=>Ma(r,e)),kernels:(n.kernels??[]).toSorted().map(r=>({version:r,initramfsModules:i.get(r)??[]})),units:Object.fromEntries([...n.units??[]].toSorted(([r],[a])=>ye(r,a))),repositories:(n.repositories??[]).map(({id:r,settings:a})=>({id:r,enabled:a.enabled!=="0",url:a.baseurl??a.mirrorlist??a.metalink??""})).toSorted((r,a)=>ye(r.id,a.id)),files:[...n.digests??[]].map(([r,a])=>({path:r,sha256:a,mode:n.paths?.get(r)?.mode??""})).toSorted((r,a)=>ye(r.path,a.path))}}o(La,"manifestOf");const b=u.YjP(),Ca=u._H3({schemaVersion:u.euz(1),recipe:u._H3({name:b,digest:b,layers:u.YOg(b)}),base:u._H3({url:b,sha256:b}),system:u._H3({name:b,version:b}),packages:u.YOg(u._H3({name:b,epoch:u.aig(),version:b,release:b,arch:b,source:b})),kernels:u.YOg(u._H3({version:b,initramfsModules:u.YOg(b)})),units:u.g1P(b,b),repositories:u.YOg(u._H3({id:b,enabled:u.zMY(),url:b})),files:u.YOg(u._H3({path:b,sha256:b,mode:b}))});function of(e){try{return Ca.parse(JSON.parse(e))}catch(t){throw new UserError("MANIFEST_INVALID",`This is no manifest of an image: ${messageOf(t)}`,{mend:"Give a manifest.json written by the golden build or by `recipe verify --manifest`.",cause:t})}}o(of,"parseManifest");function af(e){const{recipe:t,base:n,...s}=e;return hashOf("sha256",canonicalJson(s))}o(af,"contentDigest");function cf(e){return`${e.name}-${Pa(e)}.${e.arch}`}o(cf,"nevraOf");function Pa({epoch:e,version:t,release:n}){return`${e===0?"":`${e}:`}${t}-${n}`}o(Pa,"evrOf");function Ma(e,{values:t}){const{name:n,epoch:s,version:i,release:r,arch:a,source:c,signer:l}=e,d=t.packageReasons?.find(h=>h.package===`${n}.${a}`);return{name:n,epoch:s,version:i,release:r,arch:a,source:c,...l?{signer:l}:{},...d&&d.reason!=="unknown"?{reason:d.reason}:{},...d?.repository?{repository:d.repository}:{}}}o(Ma,"manifestPackage");function Da(e,t){return ye(e.name,t.name)||ye(e.arch,t.arch)||Un(e,t)}o(Da,"byNevra");function ye(e,t){return e<t?-1:e>t?1:0}o(ye,"order");class G{static{o(this,"Skip")}reason;constructor(t){this.reason=t}}class J extends Error{static{o(this,"MissingFact")}constructor(t,n){super(`${t}: ${n}`),this.name="MissingFact"}}function f(e,t){const n=e.facts.values[t];if(n===void 0)throw new J(t,e.facts.missing[t]??"not collected");return n}o(f,"need");function Q(e,t){const n=f(e,"paths").get(t);if(!n)throw new J("paths",`the probe did not look at ${t}`);return n}o(Q,"needPath");function at(e,t){const n=f(e,"globs");return[...new Set(t.flatMap(s=>n.get(s)??[]))]}o(at,"matches");function ee(e,t){return at(e,t).map(n=>`${n} exists`)}o(ee,"existing");const Ua="c12a7328-f81f-11d2-ba4b-00a0c93ec93b",za="21686148-6449-6e6f-744e-656564454649",Fa=1.15,Ga=.5;function ve(e,t){const n=f(e,"mounts").find(i=>i.path===t)?.device;if(!n)return;const s=f(e,"filesystems").find(i=>i.device===n);if(!s)throw new J("filesystems",`nothing is known of ${n}, mounted at ${t}`);return s}o(ve,"mountedFilesystem");function Ba(e){const t=f(e,"imageInfo"),n=f(e,"imageCheck"),s=e.expectations.image.virtualSize,i=[];return t.format!=="qcow2"&&i.push(`the format is ${t.format}`),t.backingFile&&i.push(`it has a backing file: ${t.backingFile}`),t.corrupt&&i.push("its header says that it is corrupt"),n.errors+n.corruptions>0&&i.push(`qemu-img check: ${n.errors} errors, ${n.corruptions} corruptions`),n.leaks>0&&i.push(`qemu-img check: ${n.leaks} leaked clusters`),s!==void 0&&t.virtualSize<s&&i.push(`the disk has ${(0,T.z)(t.virtualSize)}, the recipe asks for ${(0,T.z)(s)}`),i}o(Ba,"checkImage");function Ha({outside:{digests:e}}){if(!e)throw new J("digests","no digests of the finished file were given");const t=[];return/^[0-9a-f]{64}$/.test(e.sha256)||t.push(`"${e.sha256}" is no sha256`),/^[0-9a-f]{128}$/.test(e.sha512)||t.push(`"${e.sha512}" is no sha512`),e.sha512After!==void 0&&e.sha512After!==e.sha512&&t.push("the file changed between the bake and the end of the proof"),t}o(Ha,"checkDigests");function Ka(e){const t=f(e,"imageSize"),{virtualSize:n}=f(e,"imageInfo"),{compressedClusters:s}=f(e,"imageCheck"),i=e.expectations.image.maximumSize,r=e.outside.stable?.size,a=[];return i!==void 0&&t>i&&a.push(`${(0,T.z)(t)} exceed the budget of ${(0,T.z)(i)}`),r!==void 0&&t>r*Fa&&a.push(`${(0,T.z)(t)} are more than 15 % above the ${(0,T.z)(r)} of the image in use`),s===0&&t>n*Ga&&a.push(`neither compressed nor sparse: ${(0,T.z)(t)} of ${(0,T.z)(n)}`),a}o(Ka,"checkSize");function Wa(e){const t=f(e,"filesystemChecks"),s=f(e,"mounts").filter(i=>!t.some(r=>r.device===i.device));return[...t.filter(i=>i.status!==0).map(i=>`${i.device} (${i.type}) is not clean: status ${i.status}`),...s.map(i=>`${i.device}, mounted at ${i.path}, has a type that cannot be checked`)]}o(Wa,"checkFilesystems");function ja(e){const t=f(e,"partitionTable"),s=f(e,"filesystems").filter(c=>c.partitionType!==void 0),i=ve(e,"/"),r=s.toSorted((c,l)=>(c.offset??0)-(l.offset??0)).at(-1),a=[];return t!=="gpt"&&a.push(`the partition table is ${t}, not gpt`),s.some(c=>c.partitionType===Ua)||a.push("there is no EFI system partition"),s.some(c=>c.partitionType===za)||a.push("there is no BIOS boot partition"),i?.device!==r?.device&&a.push(`/ is on ${i?.device??"nothing"}, but ${r?.device??"nothing"} is last: growpart cannot grow it`),[...a,...f(e,"physicalVolumes").map(c=>`${c} is an LVM physical volume`)]}o(ja,"checkPartitions");function Va(e){const t=f(e,"freeSpace").find(i=>i.path==="/");if(!t)throw new J("freeSpace","df did not name /");const n=Math.floor(100*t.available/t.kilobytes),s=e.expectations.image.minimumFreePercent;return n<s?[`${n} % of / are free, ${s} % are asked for`]:[]}o(Va,"checkFreeSpace");const Ya=[{id:"ART-1",severity:"must",title:"The qcow2 file is sound",trace:"original build guide \xA72; kola build-validate",expected:"qcow2 without backing file, clean for qemu-img check, at least as large as declared",mend:"Bake again; if it recurs, look at the storage of the builder and at the compress phase.",check:Ba},{id:"ART-2",severity:"must",title:"Its digests are recorded and still hold after the proof",trace:"VirtualMachineImage spec.checksum; osism/k8s-capi-images#339",expected:"sha256 and sha512; the same when measured again",mend:"Discard the file: something wrote to it after it was finished.",check:Ha},{id:"ART-3",severity:"should",title:"Its size stays within bounds",trace:'original build guide "1.5\u20132 GB compressed"',expected:"within the recipe\u2019s budget, at most 15 % above the image in use, compressed or sparse",mend:"Compare the manifests for what was added; bake with compression; or raise image.maximumSize.",check:Ka},{id:"ART-4",severity:"must",title:"Every filesystem is clean",trace:"coreos-assembler gf-fsck; Rocky kickstart partition layout",expected:"fsck and xfs_repair -n find nothing to repair",mend:"Bake again: the image was not unmounted in order.",check:Wa},{id:"ART-5",severity:"must",title:"The partitions boot under UEFI and BIOS and can grow",trace:"Rocky-9-GenericCloud-Base.ks; platform architecture EFI boot",expected:"GPT with ESP and BIOS boot partition, / on the last partition, no LVM",mend:"Use the GenericCloud-Base image as base, not the LVM variant.",check:ja},{id:"ART-6",severity:"should",title:"There is room on /",trace:"facts/golden-images.md \xA74.1",expected:"at least the recipe\u2019s minimumFreePercent of / free",mend:"Raise image.virtualSize or bake less into the image.",check:Va}],zn=/^guestfs/,qa=/^console=(tty0|ttyS0(,\S+)?)$/,Fn=/^(none|tmpfs|proc|sysfs|devpts|debugfs|hugetlbfs)$/;function Ce(e){return e.options.filter(t=>!t.startsWith("$"))}o(Ce,"argumentsOf");function Za(e){return/rescue/.test(e.id)}o(Za,"isRescue");function Xa(e,t){return f(e,"mounts").some(s=>s.path==="/boot")?`/boot${t}`:t}o(Xa,"imagePath");function ct(e,t){return e===t||!t.includes("=")&&e.split("=")[0]===t}o(ct,"isArgument");function Gn(e,t){return e.some(n=>ct(n,t)||n.startsWith(`${t},`))}o(Gn,"hasRequired");function Bn(e,t){const[n,s]=e.replaceAll('"',"").split(/=(.*)/s),{uuid:i,label:r,partitionUuid:a,partitionLabel:c,device:l}=t,d={UUID:i,LABEL:r,PARTUUID:a,PARTLABEL:c}[n];return s===void 0?e===l:d!==void 0&&d.toLowerCase()===s.toLowerCase()}o(Bn,"refersTo");function Ja(e,t){const n=new Set(f(e,"bootFiles").map(d=>d.path)),{forbidden:s}=e.expectations.kernelCommandLine,i=ve(e,"/"),r=Ce(t),a=[t.linux,...t.initrd].filter(d=>d!==void 0&&!d.startsWith("$")),c=r.filter(d=>d.startsWith("root=")),l=r.filter(d=>zn.test(d)||s.some(h=>ct(d,h))||d.startsWith("console=")&&!qa.test(d));return[...t.linux?[]:["names no kernel"],...t.initrd.length>0?[]:["names no initramfs"],...a.filter(d=>!n.has(Xa(e,d))).map(d=>`names ${d}, which does not exist`),...c.length===1&&i&&Bn(c[0].slice(5),i)?[]:[`${c.join(" ")||"no root="} does not mean the root filesystem, UUID ${i?.uuid??"unknown"}`],...r.includes("ro")?[]:["lacks ro"],...l.filter(d=>!/^systemd\.machine_id/.test(d)).map(d=>`has ${d}`)].map(d=>`${t.id}: ${d}`)}o(Ja,"entryFaults");function Qa(e){const t=f(e,"bootEntries");return t.length===0?["there is no boot loader entry"]:t.flatMap(n=>Ja(e,n))}o(Qa,"checkEntries");function ec(e){const{required:t}=e.expectations.kernelCommandLine;return f(e,"bootEntries").flatMap(n=>t.filter(s=>!Gn(Ce(n),s)).map(s=>`${n.id} lacks ${s}`))}o(ec,"checkRequired");function tc(e){const t=f(e,"bootConfiguration"),n=f(e,"bootEntries"),{required:s,forbidden:i}=e.expectations.kernelCommandLine,r=t.find(d=>d.path==="/etc/kernel/cmdline")?.lines.join(" ");if(r===void 0)return["/etc/kernel/cmdline does not exist: the next kernel takes the running one\u2019s arguments"];const a=rt(r),c=t.find(d=>d.path==="/etc/default/grub"),l=rt(be(c?.lines??[]).GRUB_CMDLINE_LINUX??"");return[...n.filter(d=>!nc(Ce(d),a)).map(d=>`${d.id} has other options than /etc/kernel/cmdline`),...c?[]:["/etc/default/grub does not exist"],...s.filter(d=>c&&!Gn(l,d)).map(d=>`/etc/default/grub lacks ${d}`),...l.filter(d=>zn.test(d)||i.some(h=>ct(d,h))).map(d=>`/etc/default/grub has ${d}`)]}o(tc,"checkCommandLine");function nc(e,t){const n=o(s=>[...new Set(s.filter(i=>!i.startsWith("$")))].sort().join(`
`),"key");return n(e)===n(t)}o(nc,"sameArguments");function sc(e){const t=f(e,"bootEntries").filter(c=>!Za(c)),n=f(e,"kernels"),s=f(e,"bootConfiguration").find(c=>c.path==="/boot/grub2/grubenv"),i=be(s?.lines??[]).saved_entry,r=t.toSorted((c,l)=>ot(c.version??"",l.version??"")).at(-1),a=o(c=>t.filter(l=>l.version===c).length,"perKernel");return[...i===r?.id?[]:[`saved_entry is ${i??"not set"}, the newest entry is ${r?.id??"none"}`],...n.filter(c=>a(c)!==1).map(c=>`${c} has ${a(c)} entries`),...t.filter(c=>!n.includes(c.version??"")).map(c=>`${c.id} is of no installed kernel`)]}o(sc,"checkDefault");function ic(e){const t=f(e,"bootFiles").map(a=>a.path.toLowerCase()),n=f(e,"espConfiguration"),s=ve(e,"/boot")??ve(e,"/"),i=o(a=>t.some(c=>a.test(c)),"has"),r=n.filter(a=>!a.lines.some(c=>/--fs-uuid/.test(c)&&c.includes(s?.uuid??"?")));return[...i(/^\/boot\/efi\/efi\/.*\/shim(x64)?\.efi$/)?[]:["the ESP has no shim"],...i(/^\/boot\/efi\/efi\/.*\/grubx64\.efi$/)?[]:["the ESP has no GRUB"],...n.length>0?[]:["the ESP has no grub.cfg"],...r.map(a=>`${a.path} does not search ${s?.uuid??"the boot filesystem"}`)]}o(ic,"checkEsp");function rc(e){const t=f(e,"bootEntries").map(s=>({where:s.id,all:Ce(s)})),n=f(e,"bootConfiguration").filter(s=>s.path!=="/etc/fstab").map(s=>({where:s.path,all:s.lines.flatMap(i=>i.split(/[\s"]+/))}));return[...t,...n].filter(({all:s})=>s.some(i=>i.startsWith("systemd.machine_id="))).map(({where:s})=>`${s} has systemd.machine_id`)}o(rc,"checkMachineIdArgument");function oc(e,t){const n=f(e,"packages").find(i=>i.name==="kernel-core"&&`${i.version}-${i.release}.${i.arch}`===t),s=f(e,"bootFiles").find(i=>i.path===`/boot/vmlinuz-${t}`);return n?.installed??s?.modified??0}o(oc,"kernelTime");function ac(e,t,n){const s=ve(e,"/")?.type,i=[...e.expectations.initramfs.drivers,...s==="xfs"||s==="ext4"?[s]:[]],r=new Map(f(e,"drivers").filter(l=>l.kernel===t).map(l=>[l.module,l.kind])),a=new Set(n.modules);return[...(f(e,"bootFiles").find(l=>l.path===n.path)?.modified??0)<oc(e,t)?[`${n.path} is older than its kernel`]:[],...i.map(l=>l.replaceAll("-","_")).filter(l=>!a.has(l)&&r.get(l)!=="builtin").map(l=>r.get(l)==="file"?`${n.path} lacks ${l}`:`${t} has no driver ${l}`),...n.hostOnly.map(l=>`${n.path} was built for one machine: ${l}`)]}o(ac,"initramfsFaults");function cc(e){const t=f(e,"initramfs"),n=f(e,"kernels");return n.length===0?["there is no kernel"]:n.flatMap(s=>{const i=t.find(r=>r.kernel===s);return i?ac(e,s,i):[`${s} has no initramfs`]})}o(cc,"checkInitramfs");function lc(e){const t=f(e,"filesystems"),s=(f(e,"bootConfiguration").find(i=>i.path==="/etc/fstab")?.lines??[]).filter(i=>!/^\s*(#|$)/.test(i)).map(i=>i.trim().split(/\s+/));return s.length===0?["/etc/fstab is missing or empty"]:s.flatMap(([i="",r="",a=""])=>a==="swap"?[`${i} is swap`]:Fn.test(i)||Fn.test(a)?[]:t.some(c=>Bn(i,c))?[]:[`${i} for ${r} does not exist`])}o(lc,"checkFstab");function dc(e){const t=f(e,"kernelModules");if(t.length===0&&e.expectations.kernelModules.length===0)return new G("no module is loaded at boot");const n=f(e,"kernels"),s=e.expectations.kernelModules.map(i=>i.replaceAll("-","_")).flatMap(i=>n.map(r=>({kernel:r,module:i}))).filter(({kernel:i,module:r})=>!t.some(a=>a.kernel===i&&a.module===r));return[...t.filter(i=>i.kind==="absent").map(i=>`${i.kernel} has no module ${i.module}`),...s.map(({kernel:i,module:r})=>`${i}: ${r} was not looked for`)]}o(dc,"checkModules");const uc=[{id:"BLS-1",severity:"must",title:"Boot entries are those of the image, not of its build",trace:'original build guide "GRUB Boot Loader Fix"; D18',expected:"kernel and initramfs exist, root= is the root filesystem, ro, no forbidden argument, consoles tty0 and ttyS0",mend:"Write /etc/kernel/cmdline before the first package is installed; keep the fixing step last.",check:Qa},{id:"BLS-2",severity:"must",title:"Every entry has the required arguments",trace:"original build guide; Rocky kickstart bootloader line",expected:"kernel-command-line.required on every entry",mend:"Look at the step that fixes boot entries.",check:ec},{id:"BLS-3",severity:"must",title:"Future kernels get the same command line",trace:"kernel-install reads /etc/kernel/cmdline before /proc/cmdline",expected:"/etc/kernel/cmdline equals the options of the entries; /etc/default/grub agrees",mend:"Let one step write all three from the recipe.",check:tc},{id:"BLS-4",severity:"must",title:"The newest kernel is the default, each kernel has one entry",trace:"dnf update adds entries",expected:"saved_entry names the newest entry; one entry per kernel besides a rescue entry",mend:"Set it with grub2-editenv; remove entries of kernels that are gone.",check:sc},{id:"BLS-5",severity:"must",title:"UEFI firmware finds the boot loader",trace:"platform architecture EFI boot",expected:"shim and GRUB on the ESP; its grub.cfg searches the filesystem that holds /boot",mend:"Do not change filesystem UUIDs (virt-sysprep fs-uuids) after the base image was made.",check:ic},{id:"BLS-6",severity:"must",title:"No machine id on the kernel command line",trace:"systemd\u2019s kernel-install adds it to entries named by machine id; D17",expected:"no systemd.machine_id= in entries, /etc/kernel/cmdline, grub settings",mend:"Remove it: every node would have the same machine id.",check:rc},{id:"INI-1",severity:"must",title:"Every kernel has a generic initramfs with the drivers",trace:"original build guide dracut section; D19",expected:"newer than its kernel; initramfs.drivers and the root filesystem\u2019s driver in it or built in; no host-only traces",mend:"Rebuild with dracut --no-hostonly after the last package for every installed kernel.",check:cc},{id:"INI-2",severity:"must",title:"Everything in fstab exists, and there is no swap",trace:"kubelet refuses swap by default",expected:"each UUID or label of /etc/fstab on this disk; no swap",mend:"Correct /etc/fstab in the recipe.",check:lc},{id:"INI-3",severity:"should",title:"Modules to be loaded at boot exist for every kernel",trace:"overlay, br_netfilter",expected:"each name in modules-load.d is a module of every kernel or built in",mend:"Install kernel-modules, or remove the name from kernel-modules.",check:dc}];function Hn(e){const t=new Map;let n="";for(const s of e){const i=s.trim(),r=/^:(\S+)\s+(\S+)/.exec(i),a=/^(?:\[\d+:\d+\]\s+)?-A\s+(\S+)\s*(.*)$/.exec(i);if(!(i===""||i.startsWith("#")||i==="COMMIT"))if(i.startsWith("*"))n=i.slice(1);else if(r)t.set(`${n}/${r[1]}`,{policy:r[2],rules:[]});else if(a&&t.has(`${n}/${a[1]}`))t.get(`${n}/${a[1]}`).rules.push(a[2].replace(/\s+/g," "));else throw new Error(`"${i}" is no line that iptables-restore accepts here`)}return t}o(Hn,"parseIptables");function fc(e,t){return[...new Set([...t.keys(),...e.keys()])].flatMap(s=>{const[i,r]=[e.get(s),t.get(s)];return i?r?hc(s,i,r):[`chain ${s} is additional`]:[`chain ${s} is missing`]})}o(fc,"differences");function hc(e,t,n){const s=o(r=>r.rules.slice(0,r.rules.findIndex(a=>/ESTABLISHED/.test(a))+1),"early"),i=s(t).filter(r=>n.rules.includes(r)&&!s(n).includes(r));return[...t.policy===n.policy?[]:[`policy of ${e} is ${t.policy}, not ${n.policy}`],...n.rules.filter(r=>!t.rules.includes(r)).map(r=>`${e} lacks: ${r}`),...t.rules.filter(r=>!n.rules.includes(r)).map(r=>`${e} has: ${r}`),...i.map(r=>`${e}: "${r}" stands before the rule for established connections`)]}o(hc,"chainDifferences");const mc=["/etc/sysctl.d/","/usr/local/lib/sysctl.d/","/usr/lib/sysctl.d/"];function pc(e,t){let n,s;for(const{path:i,lines:r}of gc(e))for(const a of r){const c=/^\s*-?\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(a);if(!c)continue;const l=c[1].replaceAll("/","."),d={value:c[2].replace(/\s+/g," "),path:i};l===t?n=d:l.includes("*")&&$c(l).test(t)&&(s=d)}return n??s}o(pc,"effectiveSysctl");function gc(e){const t=o(a=>a.replace(/^.*\//,""),"name"),n=o(a=>mc.findIndex(c=>a.startsWith(c)),"rank"),s=e.filter(a=>n(a.path)>=0);return[...s.filter(a=>!s.some(c=>t(c.path)===t(a.path)&&n(c.path)<n(a.path))).toSorted((a,c)=>t(a.path)<t(c.path)?-1:1),...e.filter(a=>a.path==="/etc/sysctl.conf")]}o(gc,"ordered");function $c(e){return new RegExp(`^${e.replaceAll(".","\\.").replaceAll("*","[^.]*")}$`)}o($c,"patternOf");const wc=["/etc/sysconfig/iptables","/etc/sysconfig/ip6tables"],Kn="/etc/NetworkManager/dispatcher.d/",Wn=["cilium*","lxc*","cali*","flannel*"],kc=/^\/(tmp|var\/tmp|var\/cache|root\/\.|home\/)|^\/root\/\.ssh/;function lt(e,t){const n=Q(e,t.path);if(n.kind==="absent")return[`${t.path} does not exist`];if(n.kind!=="file")return[`${t.path} is no regular file`];const s=[];return n.mode!==t.mode&&s.push(`${t.path} has mode ${n.mode}, not ${t.mode}`),(n.owner!==t.owner||n.group!==t.group)&&s.push(`${t.path} belongs to ${n.owner}:${n.group}, not ${t.owner}:${t.group}`),s}o(lt,"stateFaults");function jn(e,t){if(Q(e,t.path).kind!=="file")return[];const n=f(e,"digests").get(t.path);if(!n)throw new J("digests",`${t.path} was not hashed`);return n===t.sha256?[]:[`${t.path} was changed after it was written`]}o(jn,"contentFaults");function Vn(e,t,n){if(n===void 0)return new G("the recipe does not manage a packet filter");const s=e.expectations.files.find(a=>a.path===t),i=s?lt(e,s):[],r=f(e,"firewall").find(a=>a.path===t);if(!r)return[`${t} does not exist`];try{const a=Hn(r.lines),c=a.get("filter/INPUT")?.policy,l=c==="DROP"?[]:[`INPUT is ${c??"not set"} by default, not DROP`];return[...i,...new Set([...l,...fc(a,Hn(n.split(`
`)))])]}catch(a){return[...i,`${t}: ${a.message}`]}}o(Vn,"checkFirewall");function bc(e){const t=Object.entries(e.expectations.sysctls);if(t.length===0)return new G("the recipe sets no sysctl");const n=f(e,"sysctls");return t.flatMap(([s,i])=>{const r=pc(n,s);return r?r.value===i?[]:[`${s} is ${r.value} by ${r.path}, not ${i}`]:[`${s} is not set`]})}o(bc,"checkSysctls");function yc(e){const t=e.expectations.files.filter(n=>n.path.startsWith(Kn));return t.length===0?new G("the recipe has no dispatcher script"):t.flatMap(n=>[...lt(e,n),...jn(e,n),...vc(n.mode)?[]:[`${n.path}: NetworkManager refuses mode ${n.mode}`]])}o(yc,"checkDispatcher");function vc(e){const t=Number.parseInt(e,8);return(t&3090)===0&&(t&64)!==0}o(vc,"isRunnable");function Ec(e){const n=f(e,"networkManager").flatMap(i=>i.lines).filter(i=>/^\s*unmanaged-devices\s*\+?=/.test(i)).join(";");return n===""?["no unmanaged-devices: NetworkManager takes the interfaces of the CNI for its own"]:Wn.some(i=>n.includes(`interface-name:${i}`))?[]:[`unmanaged-devices names none of ${Wn.join(", ")}`]}o(Ec,"checkUnmanaged");function Sc(e){const{directories:t}=e.expectations;if(t.length===0)return new G("the recipe makes no directory");const n=f(e,"directoryEntries");return t.flatMap(s=>{const i=Q(e,s.path);if(i.kind!=="directory")return[`${s.path} does not exist`];const r=n.get(s.path)??0;return[...i.mode===s.mode?[]:[`${s.path} has mode ${i.mode}, not ${s.mode}`],...i.owner===s.owner&&i.group===s.group?[]:[`${s.path} belongs to ${i.owner}:${i.group}`],...s.empty&&r>0?[`${s.path} holds ${r} entries`]:[]]})}o(Sc,"checkDirectories");function Tc(e){const t=new Set(e.expectations.files.map(n=>n.path));return ee(e,K["CFG-7"]).filter(n=>!t.has(n.replace(/ exists$/,"")))}o(Tc,"checkNodeIdentity");function xc(e){const t=f(e,"goldenRelease")[0];if(!t)return["/etc/golden-release does not exist"];const{recipe:n}=e.expectations,s=Object.entries(be(t.lines)).find(([i])=>/(^|_)RECIPE$/.test(i))?.[1];return s===n.name?[]:[`it names the recipe ${s??"(none)"}, not ${n.name}`]}o(xc,"checkRelease");function Rc(e){const{certificates:t}=e.expectations;if(t.length===0)return new G("the recipe adds no certificate");const n=f(e,"certificates"),s=["anchor","bundle"];return t.flatMap(({name:i,sha256:r})=>s.filter(a=>!n.some(c=>c.place===a&&c.sha256===r.toLowerCase())).map(a=>a==="anchor"?`${i} is no trust anchor`:`${i} is not in the extracted bundle`))}o(Rc,"checkCertificates");function Ic(e){const{files:t,sealing:n}=e.expectations,s=t.filter(a=>!a.path.startsWith(Kn)),i=new Set(at(e,Object.values(K).flat())),r=at(e,n.removed).filter(a=>!i.has(a)&&!kc.test(a));return[...s.flatMap(a=>_c(e,a)),...r.map(a=>`${a} exists, sealing should have removed it`),...n.emptied.filter(a=>a!=="/etc/machine-id").flatMap(a=>Ac(e,a))]}o(Ic,"checkWritten");function _c(e,t){return[...wc.includes(t.path)?[]:lt(e,t),...jn(e,t)]}o(_c,"writtenFaults");function Ac(e,t){const n=Q(e,t);return n.kind==="absent"?[`${t} does not exist, it should be empty`]:n.size===0?[]:[`${t} holds ${n.size} bytes, it should be empty`]}o(Ac,"emptiedFaults");const Oc=[{id:"CFG-1",severity:"must",title:"The IPv4 packet filter is that of the recipe",trace:"original build guide \xA72; D1\u2013D4, D6",expected:"/etc/sysconfig/iptables: 0600 root:root, parses, INPUT DROP, the rules of the port model",mend:"Nothing but the recipe may write this file; look for a package or command that saved rules.",check:o(e=>Vn(e,"/etc/sysconfig/iptables",e.expectations.firewall?.ipv4),"check")},{id:"CFG-2",severity:"must",title:"The IPv6 packet filter is that of the recipe",trace:"D5: the base image enables IPv6",expected:"/etc/sysconfig/ip6tables: the same for IPv6",mend:"Nothing but the recipe may write this file.",check:o(e=>Vn(e,"/etc/sysconfig/ip6tables",e.expectations.firewall?.ipv6),"check")},{id:"CFG-3",severity:"must",title:"Every sysctl of the recipe takes effect",trace:"original build guide, platform architecture \xA74 (ARP with two interfaces)",expected:"the recipe\u2019s value is the last one that boot reads",mend:"Give the drop-in a later name than the file that overrides it, or remove that file.",check:bc},{id:"CFG-4",severity:"must",title:"NetworkManager will run the dispatcher script",trace:"NetworkManager-dispatcher(8)",expected:"regular file of root, 0755, not writable for others, the recipe\u2019s content",mend:"Bake it through files: with mode 0755.",check:yc},{id:"CFG-5",severity:"should",title:"NetworkManager leaves the interfaces of the CNI alone",trace:"RKE2 known issues; D31",expected:"unmanaged-devices names those of Cilium, Calico or Flannel",mend:"Bake a drop-in below /etc/NetworkManager/conf.d.",check:Ec},{id:"CFG-6",severity:"must",title:"The directories of the recipe are as declared",trace:"original build guide; rke2-selinux file contexts; D44",expected:"mode, owner and emptiness of directories:",mend:"Look for a later step or package that changes them.",check:Sc},{id:"CFG-7",severity:"must",title:"The image is no node yet",trace:"node identity",expected:"no RKE2 or k3s configuration, token, certificate or database unless declared",mend:"Remove it: each node gets its own from user data or from Rancher.",check:Tc},{id:"CFG-8",severity:"must",title:"The image says what it is",trace:"image-builder-release; D26",expected:"/etc/golden-release names the recipe",mend:"Keep the release section in the recipe.",check:xc},{id:"CFG-9",severity:"must",title:"The private CA is trusted",trace:"original build guide \xA77",expected:"each certificate among the anchors and in the extracted bundle",mend:"Run update-ca-trust after the anchor was copied.",check:Rc},{id:"CFG-10",severity:"must",title:"What the recipe wrote is unchanged, what it removed is gone",trace:"facts/golden-images.md \xA74.5",expected:"digest, mode and owner of every file; nothing left of sealing.removed; sealing.emptied empty",mend:"Look for a step that ran later and touched the file.",check:Ic}],Yn=50*1024,Nc=["/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],Lc=[/^Defaults\b/,/^root\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^%(wheel|sudo)\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^[@#]includedir\s/],Cc=/^\s*nameserver\s+(169\.254\.2\.3|10\.0\.2\.3)\b/;function Pe({expectations:e},t){return e.files.some(n=>n.path===t)}o(Pe,"declared");function Pc(e){const t=Q(e,"/etc/machine-id"),n=Q(e,"/var/lib/dbus/machine-id");if(t.kind!=="file")return["/etc/machine-id is no regular file: a boot would count as the first one"];const s=[];return t.size>0&&s.push(`/etc/machine-id holds ${t.size} bytes`),t.mode!=="0444"&&s.push(`/etc/machine-id has mode ${t.mode}`),`${t.owner}:${t.group}`!="root:root"&&s.push(`/etc/machine-id belongs to ${t.owner}:${t.group}`),n.kind!=="absent"&&n.kind!=="link"&&s.push("/var/lib/dbus/machine-id is a file of its own"),s}o(Pc,"checkMachineId");function Mc(e){const t=f(e,"homeFiles").filter(s=>/\/\.ssh\/(authorized_keys|id_)/.test(s.path)),n=f(e,"secrets").filter(s=>s.kind==="private-key");return[...t.filter(s=>!Pe(e,s.path)).map(s=>`${s.path} exists`),...n.filter(s=>!Dc(s.path)&&!Pe(e,s.path)).map(s=>`${s.path} holds a private key`)]}o(Mc,"checkKeys");function Dc(e){return/^\/etc\/ssh\/ssh_host_/.test(e)}o(Dc,"isHostKey");function Uc(e){return[...ee(e,K["HYG-5"]),...f(e,"networkIdentity").map(t=>`${t} names a MAC address or connection UUID`)]}o(Uc,"checkNetworkProfiles");function zc(e){return f(e,"temporaryFiles").map(t=>`${t} exists`)}o(zc,"checkTemporaryFiles");function Fc(e){const t=f(e,"homeFiles").filter(i=>i.path.endsWith("_history")&&i.size>0),n=Nc.filter(i=>Q(e,i).size>0),s=f(e,"logKilobytes");return[...ee(e,K["HYG-8"]),...t.map(i=>`${i.path} exists`),...n.map(i=>`${i} is not empty`),...s>Yn?[`/var/log holds ${s} KiB, the limit is ${Yn}`]:[]]}o(Fc,"checkTraces");function Gc(e){const t=f(e,"accounts"),n=f(e,"sudo").filter(s=>!Pe(e,s.path));return[...t.filter(s=>s.password!=="locked").map(s=>s.password==="set"?`${s.name} has a password`:`${s.name} needs no password`),...t.filter(s=>s.uid===0&&s.name!=="root").map(s=>`${s.name} has UID 0`),...n.flatMap(s=>s.lines.map(i=>i.trim()).filter(i=>!Lc.some(r=>r.test(i))).map(i=>`${s.path} grants: ${i}`))]}o(Gc,"checkAccounts");function Bc(e){const t=f(e,"homeFiles").filter(s=>!/\/\.ssh\/|_history$/.test(s.path)),n=f(e,"secrets").filter(s=>s.kind!=="private-key");return[...t.map(s=>`${s.path} exists`),...n.filter(s=>!Pe(e,s.path)).map(s=>`${s.path}: ${s.kind}`)]}o(Bc,"checkSecrets");function Hc(e){const t=f(e,"databaseErrors");return[...ee(e,K["HYG-11"]),...f(e,"packageCache").map(n=>`${n} is cached`),...t?[`rpm --verifydb: ${t.split(`
`)[0]}`]:[]]}o(Hc,"checkPackageLeftovers");function Kc(e){const t=f(e,"hostNames"),n=o(i=>t.find(r=>r.path===i)?.lines.filter(r=>!/^\s*(#|$)/.test(r))??[],"linesOf"),s=n("/etc/hostname")[0]?.trim()??"";return[...["","localhost","localhost.localdomain","(none)"].includes(s)?[]:[`/etc/hostname names ${s}`],...n("/etc/hosts").filter(i=>!/^\s*(127\.|::1|ff0|fe00)/.test(i)).map(i=>`/etc/hosts names ${i.trim()}`),...n("/etc/resolv.conf").filter(i=>Cc.test(i)).map(i=>`/etc/resolv.conf is the build appliance\u2019s: ${i.trim()}`)]}o(Kc,"checkHostNames");const Wc=[{id:"HYG-1",severity:"must",title:"The machine id is empty",trace:"original build guide operation 26; systemd machine-id(5); D16",expected:"/etc/machine-id: empty file, 0444 root:root; /var/lib/dbus/machine-id absent or a link to it",mend:'Truncate it as the last step; "uninitialized" or a missing file would make systemd apply presets at first boot.',check:Pc},{id:"HYG-2",severity:"must",title:"There are no SSH host keys",trace:"original build guide operation 27",expected:"nothing matches /etc/ssh/ssh_host_*",mend:"Delete them while sealing: every node would have the same keys.",check:o(e=>ee(e,K["HYG-2"]),"check")},{id:"HYG-3",severity:"must",title:"There are no authorised or private keys",trace:"original image plan phase 9",expected:"no authorized_keys or id_* in any home; no private key outside packages",mend:"Remove the file in the recipe\u2019s sealing, or declare it under files if it belongs there.",check:Mc},{id:"HYG-4",severity:"must",title:"cloud-init will run as on a new machine",trace:"original image plan; image-builder goss hygiene",expected:"no instance data, logs or cloud-init.disabled",mend:"Run cloud-init clean --logs as the last step of the recipe.",check:o(e=>ee(e,K["HYG-4"]),"check")},{id:"HYG-5",severity:"must",title:"No network profile of the build is left",trace:"cloud-init clean --configs; image-builder redhat sysprep; D29",expected:"no profile rendered by cloud-init; no HWADDR or UUID in ifcfg files",mend:"Remove the profile while sealing.",check:Uc},{id:"HYG-6",severity:"should",title:"No random seed is shared by all clones",trace:"systemd BUILDING_IMAGES; virt-customize writes a seed",expected:"no random-seed or credential.secret",mend:"Delete it in sealing.removed.",check:o(e=>ee(e,K["HYG-6"]),"check")},{id:"HYG-7",severity:"should",title:"The temporary folders are empty",trace:"virt-customize logs to /tmp/builder.log",expected:"nothing in /tmp and /var/tmp",mend:"Run virt-customize with --no-logfile and empty both folders while sealing.",check:zc},{id:"HYG-8",severity:"should",title:"No histories, dumps and logs are left",trace:"original image plan; image-builder goss hygiene",expected:"no shell history, kickstart file or core dump; empty login records; /var/log at most 50 MiB",mend:"Remove or truncate them while sealing.",check:Fc},{id:"HYG-9",severity:"must",title:"Nobody can log in with a password",trace:"Rocky kickstart; GCE cloud-image-tests",expected:"all passwords locked, one account with UID 0, no additional sudo grants",mend:"Lock the account; grants come with the user data of a node, or are declared under files.",check:Gc},{id:"HYG-10",severity:"must",title:"There are no secrets",trace:"facts/golden-images.md \xA74.2 secrets hygiene",expected:"no token, registry credential, kubeconfig, Terraform state or proxy setting",mend:"Remove it; what a node needs of it comes with its user data. Declare a wanted proxy under files.",check:Bc},{id:"HYG-11",severity:"should",title:"The package cache is empty and the package database sound",trace:"original build guide operations 24\u201325",expected:"no cached packages, no stale locks, rpm --verifydb succeeds",mend:"Run dnf clean all last; a broken database needs a new bake.",check:Hc},{id:"HYG-12",severity:"must",title:"The image has no name and no resolver of its own",trace:"image-builder sysprep; virt-customize swaps resolv.conf",expected:"empty or generic hostname, loopback-only hosts, not the appliance\u2019s resolv.conf",mend:"Truncate /etc/hostname and /etc/resolv.conf while sealing.",check:Kc}],qn="2.191",jc=2,Vc=new Set(["c","g","d","l","r","n"]),Yc=/^\/(var\/(cache|log|tmp|lib\/cloud|lib\/dnf|lib\/systemd\/random-seed)|tmp|run)(\/|$)/;function Me(e){return/^(1|yes|true|on)$/i.test(e.settings.enabled??"1")}o(Me,"isEnabled");function qc(e){return/^(1|yes|true|on)$/i.test(e??"")}o(qc,"isOn");function Zc(e){const t=new Set(f(e,"packages").map(n=>n.name));return e.expectations.packages.present.filter(n=>!t.has(n)).map(n=>`${n} is not installed`)}o(Zc,"checkPresent");function Xc(e){const t=f(e,"packages"),n=new Set(e.expectations.packages.absent);return t.filter(s=>n.has(s.name)).map(s=>`${De(s)} is installed`)}o(Xc,"checkAbsent");function De(e){const t=e.epoch===0?"":`${e.epoch}:`;return`${e.name}-${t}${e.version}-${e.release}.${e.arch}`}o(De,"nevra");function Jc(e){const{signers:t}=e.expectations.packages,n=new Set(t.map(i=>i.toLowerCase().slice(-16))),s=f(e,"packages");return[...s.filter(i=>!i.signer).map(i=>`${De(i)} is not signed`),...s.filter(i=>i.signer&&n.size>0&&!n.has(i.signer)).map(i=>`${De(i)} is signed by ${i.signer}`),...f(e,"packageVerify").filter(i=>!Qc(e,i)).map(i=>`${i.path} differs from its package: ${i.what}`)]}o(Jc,"checkSignatures");function Qc({expectations:e},t){const n=[...e.files,...e.directories].some(i=>i.path===t.path),s=e.sealing.emptied.includes(t.path)||Yc.test(t.path);return n||s||Vc.has(t.attribute)}o(Qc,"isExpectedChange");function el(e){const t=f(e,"repositories"),n=new Set(f(e,"repositoryKeys")),s=e.expectations.repositories;return[...t.filter(Me).flatMap(i=>tl(i,n)),...s.flatMap(({id:i,enabled:r})=>{const a=t.find(c=>c.id===i);return a?Me(a)===r?[]:[`${i} is ${r?"disabled":"enabled"}`]:[`${i} is not configured`]}),...t.filter(i=>Me(i)&&/^(rancher|rke2|k3s|epel)/i.test(i.id)).filter(i=>!s.some(({id:r,enabled:a})=>r===i.id&&a)).map(i=>`${i.id} is enabled`)].filter((i,r,a)=>a.indexOf(i)===r)}o(el,"checkRepositories");function tl({id:e,settings:t},n){if(!qc(t.gpgcheck))return[`${e} has no gpgcheck=1`];const s=(t.gpgkey??"").split(/[\s,]+/).filter(a=>a!=="");if(s.length===0)return[`${e} names no gpgkey`];const i=s.filter(a=>!a.startsWith("file://")),r=s.filter(a=>a.startsWith("file://")&&a.startsWith("file:///etc/pki/rpm-gpg/"));return[...i.map(a=>`${e} takes its key from ${new URL(a,"https://invalid").host}`),...r.map(a=>a.slice(7)).filter(a=>!a.includes("$")&&!n.has(a)).map(a=>`${e} names the key ${a}, which does not exist`)]}o(tl,"repositoryFaults");function nl(e){const{allowedHosts:t}=e.expectations;return t?f(e,"repositories").filter(Me).flatMap(n=>sl(n).map(s=>({id:n.id,host:s}))).filter(({host:n})=>!t.includes(n)).map(({id:n,host:s})=>`${n} uses ${s}`):new G("only an air-gapped recipe limits the hosts")}o(nl,"checkHosts");function sl({settings:e}){return[e.baseurl,e.mirrorlist,e.metalink].flatMap(n=>n?.split(/[\s,]+/)??[]).filter(n=>URL.canParse(n)).map(n=>new URL(n).hostname)}o(sl,"repositoryHosts");function il(e){const t=f(e,"packages"),n=f(e,"kernels"),s=new Set(e.expectations.packages.present),i=t.filter(r=>/^kernel(-rt)?-debug(-core)?$/.test(r.name)||r.name==="linux-firmware");return[...n.length===0?["there is no kernel"]:[],...n.length>jc?[`${n.length} kernels: ${n.join(", ")}`]:[],...i.filter(r=>!s.has(r.name)).map(r=>`${De(r)} is installed`)]}o(il,"checkKernels");function rl(e){return!e.outside.baked&&!e.facts.values.securityUpdates&&!ol(e)?new G("no list of pending security updates was recorded at the bake"):f(e,"securityUpdates").map(t=>`pending: ${t.trim()}`)}o(rl,"checkUpdates");function ol(e){return!/no section/.test(e.facts.missing.securityUpdates??"no section")}o(ol,"wasAsked");function al(e){if(!e.expectations.packages.present.includes("rke2-selinux"))return new G("the recipe does not install rke2-selinux");const t=f(e,"packages").find(r=>r.name==="container-selinux"),n=f(e,"policyModules").includes("rke2")?[]:["the policy store has no module rke2"];if(!t)return[...n,"container-selinux is not installed"];const s=`${t.epoch}:${t.version}-${t.release}`;return Un(`${t.epoch}:${t.version}`,`${t.epoch}:${qn}`)>=0?n:[...n,`container-selinux is ${s}`]}o(al,"checkPolicy");function cl(e){const{length:t}=f(e,"packages"),n=e.expectations.packages.minimumCount;return t<n?[`${t} packages were found, at least ${n} are expected`]:[]}o(cl,"checkManifest");function ll({outside:{vulnerabilities:e}}){if(!e)return new G("no vulnerability report was given");const{total:t,budget:n}=e;return[...e.new.map(s=>`${s} is new and has a fix`),...n!==void 0&&t>n?[`${t} findings exceed the budget of ${n}`]:[]]}o(ll,"checkVulnerabilities");const dl=[{id:"PKG-1",severity:"must",title:"All packages of the recipe are installed",trace:"original build guide \xA72",expected:"every package under packages.install",mend:"Look at the step that installs packages; a repository may have dropped or renamed one.",check:Zc},{id:"PKG-2",severity:"must",title:"No forbidden package is installed",trace:"rke2 install.sh; rke2-selinux.spec Conflicts; RKE2 known issues",expected:"none of packages.absent: RKE2\u2019s own RPMs stop Rancher\u2019s tarball install",mend:"Find what pulls it in (dnf repoquery --whatrequires) and exclude it.",check:Xc},{id:"PKG-3",severity:"must",title:"Every package is signed by a known key and unchanged",trace:"replaces gpgcheck=0 of original build guide; D8",expected:"signatures of packages.signers; rpm -Va names only configuration and files of the recipe",mend:"Find where the package came from; list its key under packages.signers only if you trust it.",check:Jc},{id:"PKG-4",severity:"must",title:"Repositories are checked, and those of Rancher are off",trace:"rancher/rke2#9305; D8, D24",expected:"enabled repositories have gpgcheck=1 and a key file in the image; each is on or off as declared",mend:"Bake the key as a file and leave the repository disabled unless nodes must update from it.",check:el},{id:"PKG-5",severity:"must",title:"Enabled repositories are on allowed hosts",trace:"air-gapped sites, D9",expected:"every host in allowed-hosts",mend:"Let a mirror of the recipe replace the distribution\u2019s own repository, or disable it.",check:nl},{id:"PKG-6",severity:"should",title:"One or two kernels, no debug kernel, no firmware",trace:"Rocky kickstart; D28",expected:"at most 2 kernels; no kernel-debug, no linux-firmware unless asked for",mend:"Install with install_weak_deps=False and remove what the update brought.",check:il},{id:"PKG-7",severity:"must",title:"No security update is pending",trace:'original image plan "Monthly security updates"',expected:"an empty dnf updateinfo list --security at the bake",mend:"Bake with packages.update: true; a held-back package needs a look.",check:rl},{id:"PKG-8",severity:"must",title:"The SELinux policy of RKE2 is loaded",trace:"rke2-selinux.spec (el9)",expected:`module rke2 in the policy store, container-selinux \u2265 ${qn}`,mend:"Look at the scriptlet output of rke2-selinux in the build log.",check:al},{id:"PKG-9",severity:"must",title:"The package manifest is not empty",trace:"Kairos\u2019 false-green guard",expected:"at least packages.minimumCount packages",mend:'The probe saw the wrong database: look at the section "packages" of the facts.',check:cl},{id:"PKG-10",severity:"should",title:"No new serious vulnerability",trace:"facts/golden-images.md \xA72.5",expected:"no new high or critical finding with a fix; total within the budget",mend:"Update the package, or accept the finding in the scan policy with an expiry.",check:ll}];function ul(e){const t=be(f(e,"selinuxConfiguration").flatMap(i=>i.lines)),{mode:n,type:s}=e.expectations.selinux;return[...t.SELINUX===n?[]:[`SELINUX=${t.SELINUX??"(not set)"}`],...t.SELINUXTYPE===s?[]:[`SELINUXTYPE=${t.SELINUXTYPE??"(not set)"}`]]}o(ul,"checkMode");function fl(e){const{files:t,directories:n}=e.expectations,s=f(e,"unlabelled"),i=f(e,"mislabelled");return[...[...t,...n].map(a=>({...a,label:Q(e,a.path)})).filter(({selinuxType:a,label:c})=>a&&c.kind!=="absent"&&c.selinuxType!==a).map(({path:a,label:c,selinuxType:l})=>`${a} is ${c.selinuxType??"unlabelled"}, not ${l}`),...s.total>0?[`${s.total} files without a label: ${s.first.slice(0,3).join(", ")} \u2026`]:[],...i.total>s.total?[`${i.total-s.total} labels differ from the policy`,...i.first]:[]]}o(fl,"checkLabels");const hl=[{id:"SEL-1",severity:"must",title:"SELinux is on as declared",trace:"original build guide \xA72",expected:"SELINUX and SELINUXTYPE of the recipe in /etc/selinux/config",mend:"Set them in the recipe\u2019s files; nothing else may edit /etc/selinux/config.",check:ul},{id:"SEL-2",severity:"must",title:"No relabelling is due at first boot",trace:"guestfs-tools \u2265 1.50 falls back to it silently; D20",expected:"no /.autorelabel",mend:"Look in the build log for why setfiles failed in the appliance; a relabel means a second boot.",check:o(e=>ee(e,K["SEL-2"]),"check")},{id:"SEL-3",severity:"must",title:"Every file has the label that the policy gives it",trace:"RHEL-108174: setfiles did not cross filesystems",expected:"no file on / and /boot without label; setfiles -n would change none; declared types hold",mend:"Let virt-customize relabel last; with old guestfs-tools relabel /boot in a step of its own.",check:fl}],ml=new Set(["enabled","alias","static","generated"]),pl=new Set(["disabled","masked","not-found"]);function oe(e,t){const n=f(e,"units").get(t);if(n===void 0)throw new J("units",`the probe did not look at ${t}`);return n}o(oe,"stateOf");function gl(e){return e.expectations.services.enable.map(t=>({unit:t,state:oe(e,t)})).filter(({state:t})=>!ml.has(t)).map(({unit:t,state:n})=>`${t} is ${n}`)}o(gl,"checkEnabled");function $l(e){const{enable:t,disable:n,mask:s}=e.expectations.services,i=gn.filter(r=>!t.includes(r));return[...s.filter(r=>oe(e,r)!=="masked").map(r=>`${r} is ${oe(e,r)}, not masked`),...[...new Set([...n,...i])].filter(r=>!s.includes(r)&&!pl.has(oe(e,r))).map(r=>`${r} is ${oe(e,r)}`)]}o($l,"checkDisabled");function Zn(e,t){const n=o(r=>r.replace(/^.*\//,""),"name"),s=o(r=>r.path.startsWith("/usr/")&&e.some(a=>a.path.startsWith("/etc/")&&n(a.path)===n(r.path)),"hidden"),i=e.filter(r=>!s(r)).toSorted((r,a)=>n(r.path)<n(a.path)?-1:1).flatMap(r=>r.lines);for(const r of i){const[a,c]=r.trim().split(/\s+/);if(c&&(a==="enable"||a==="disable")&&wl(c,t))return a}return"enable"}o(Zn,"presetOf");function wl(e,t){const n=e.replace(/[.+^${}()|\\]/g,"\\$&").replaceAll("*",".*").replaceAll("?",".");return new RegExp(`^${n}$`).test(t)}o(wl,"globMatches");function kl(e){const t=f(e,"presets"),{enable:n,disable:s}=e.expectations.services;return[...n.filter(r=>!["static","generated","alias"].includes(oe(e,r))).filter(r=>Zn(t,r)!=="enable").map(r=>`a preset would disable ${r}`),...s.filter(r=>oe(e,r)!=="not-found"&&Zn(t,r)!=="disable").map(r=>`a preset would enable ${r}`)]}o(kl,"checkPresets");function bl(e){const t=f(e,"defaultTarget");return[...t==="multi-user.target"?[]:[`the default target is ${t}`],...f(e,"danglingUnits").map(n=>`${n} leads nowhere`)]}o(bl,"checkTarget");const yl=[{id:"UNI-1",severity:"must",title:"All services of the recipe are enabled",trace:"original build guide \xA72",expected:"every unit under services.enable is enabled, or started by its device or socket",mend:"Look at the step that enables services; its package may be missing.",check:gl},{id:"UNI-2",severity:"must",title:"What disturbs RKE2 cannot start",trace:"RKE2 known issues; Rocky kickstart; D21, D31",expected:"services.mask masked (firewalld); services.disable, nm-cloud-setup, kdump, rpcbind and cockpit off",mend:"Mask the unit: disabling does not stop a later dependency.",check:$l},{id:"UNI-3",severity:"should",title:"A preset run would keep these choices",trace:"systemd machine-id(5): presets are applied at a first boot",expected:"a preset file that names the units under services",mend:"Bake a preset file; EL\u2019s last preset disables everything that is not named.",check:kl},{id:"UNI-4",severity:"should",title:"The default target is multi-user and no unit link is broken",trace:"facts/golden-images.md \xA74.6",expected:"multi-user.target; every link below /etc/systemd/system leads to a unit",mend:"Set the default target; remove links of packages that are gone.",check:bl}],dt=20,vl=[...Ya,...Wc,...dl,...uc,...Oc,...yl,...hl];function El(e,t,n={}){const s=vl.map(i=>Sl(i,{facts:e,expectations:t,outside:n}));return{outcome:Tl(s),results:s}}o(El,"judge");function Sl(e,t){const{check:n,...s}=e;try{const i=n(t);return i instanceof G?{...s,status:"skip",found:[],reason:i.reason}:{...s,status:i.length===0?"pass":"fail",found:xl(i)}}catch(i){const r=i instanceof J?i.message:`the rule itself failed: ${(0,p.bD)(i)}`;return{...s,status:"error",found:[],reason:r}}}o(Sl,"judgeRule");function Tl(e){const t=o((n,...s)=>e.some(i=>i.severity===n&&s.includes(i.status)),"some");return t("must","error")?"error":t("must","fail")?"fail":t("should","fail","error")?"warn":"pass"}o(Tl,"outcomeOf");function xl(e){return e.length<=dt?[...e]:[...e.slice(0,dt),`and ${e.length-dt} more`]}o(xl,"evidence");const Xn={pass:"\u2705",fail:"\u274C",error:"\u2757",skip:"\u23ED"},Rl={pass:"ok",fail:"FAIL",error:"ERROR",skip:"skip"},Jn=["error","fail","skip","pass"],ut=5;function ft({results:e}){const t=o(n=>e.filter(s=>s.status===n).length,"count");return`${t("pass")} passed, ${t("fail")} failed, ${t("error")} errors, ${t("skip")} skipped`}o(ft,"countsOf");function Qn(e){const t=mt(e).filter(r=>r.status==="fail"||r.status==="error"),n=mt(e).filter(r=>!t.includes(r)),s=t.length===0?"":`| | Rule | Found | Expected | Mend |
|---|---|---|---|---|
${t.map(Il).join(`
`)}

`,i=n.map(_l).join(`
`);return`**Proof: ${e.outcome}** (${ft(e)})

${s}<details><summary>${t.length===0?"All":"The other"} ${n.length} rules</summary>

| | Rule | |
|---|---|---|
${i}

</details>
`}o(Qn,"verdictMarkdown");function Il(e){return`| ${[Xn[e.status],`${e.id} (${e.severity}) ${e.title}`,Al(e),e.expected,e.mend].map(Ue).join(" | ")} |`}o(Il,"openRow");function _l(e){return`| ${Xn[e.status]} | ${Ue(`${e.id} ${e.title}`)} | ${Ue(e.reason??"")} |`}o(_l,"restRow");function Al({found:e,reason:t}){if(t!==void 0)return t;const n=e.length>ut?[`and ${e.length-ut} more`]:[];return[...e.slice(0,ut),...n].join(`
`)}o(Al,"evidenceOf");function Ue(e){return e.replace(/[&<>]/g,t=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[t]).replace(/[\\`*_|[\]]/g,"\\$&").replaceAll(`
`,"<br>")}o(Ue,"cell");function lf(e){return`${mt(e).flatMap(n=>{const s=`${Rl[n.status].padEnd(5)} ${n.id.padEnd(6)} ${n.title}`;if(n.status==="pass")return[s];if(n.status==="skip")return[`${s} (${n.reason})`];const i=n.reason===void 0?n.found:[n.reason];return[s,...i.map(r=>`             ${r}`),`             \u2192 ${n.mend}`]}).join(`
`)}

Proof: ${e.outcome} (${ft(e)})
`}o(lf,"verdictText");function df({results:e}){const t=o(i=>e.filter(r=>r.status===i).length,"count"),n=e.map(i=>{const r=`  <testcase classname="${i.id.split("-")[0]}" name="${ht(`${i.id} ${i.title}`)}"`,a=ht([...i.found,i.reason??"",i.mend].filter(l=>l!=="").join(`
`));if(i.status==="pass")return`${r}/>`;if(i.status==="skip")return`${r}><skipped message="${ht(i.reason??"")}"/></testcase>`;const c=i.status==="error"?"error":"failure";return`${r}><${c} type="${i.severity}">${a}</${c}></testcase>`});return`<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="golden image" ${`tests="${e.length}" failures="${t("fail")}" errors="${t("error")}" skipped="${t("skip")}"`}>
${n.join(`
`)}
</testsuite>
`}o(df,"verdictJunit");const Ol={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&apos;"};function ht(e){return e.replace(/[&<>"']/g,t=>Ol[t])}o(ht,"xml");function mt({results:e}){return e.toSorted((t,n)=>Jn.indexOf(t.status)-Jn.indexOf(n.status))}o(mt,"sorted");function uf(){return`# Rules of the offline proof

Every golden image is judged by these rules before it is handed over. A broken **must** stops the build, a broken **should** is a
warning; a rule that cannot be judged, because a fact is missing, is an error and never a pass. Generated from \`src/verify/rules\`.

| Rule | Severity | What | Expected | Mend | From |
|---|---|---|---|---|---|
${RULES.map(({id:t,severity:n,title:s,expected:i,mend:r,trace:a})=>`| ${t} | ${n} | ${[s,i,r,a].map(Ue).join(" | ")} |`).join(`
`)}
`}o(uf,"rulesDocument");function Nl(e,{facts:t,result:n},s){const i=pn(e.recipe),r=Ra(t),a={url:e.recipe.base.url,sha256:s},{sha256:c,sha512:l}=n;return{verdict:El(r,i,{baked:!0,digests:{sha256:c,sha512:l}}),...r.values.packages&&{manifest:La(r,{recipe:i.recipe,base:a})}}}o(Nl,"judgeImage");function Ll(e){if(e.outcome==="pass"||e.outcome==="warn")return;const t=e.results.filter(({severity:n,status:s})=>n==="must"&&(s==="fail"||s==="error"));throw new p.eG("IMAGE_UNPROVEN",`The image was baked but breaks ${t.length} rules: ${t.map(({id:n})=>n).join(", ")} (${ft(e)}).`,{mend:"Nothing was imported. Correct the recipe; each rule says how.",evidence:t.flatMap(Cl)})}o(Ll,"requireProven");function Cl({id:e,title:t,expected:n,found:s,reason:i,mend:r}){return[`${e} ${t}`,`  expected: ${n}`,...s.map(a=>`  found: ${a}`),`  ${i??r}`]}o(Cl,"ruleLines");const es=1<<20;function Pl(e){const t=Buffer.byteLength(e.userData)+Buffer.byteLength(e.networkData??"");if(t>es)throw new p.Gd("CLOUD_INIT_TOO_LARGE",`cloud-init is ${t} bytes, a Secret holds ${es}`);const{labels:n,annotations:s}=(0,k.Nt)(e.ownership);return{apiVersion:"v1",kind:"Secret",type:"Opaque",metadata:{name:e.name,namespace:e.namespace,labels:n,annotations:s},data:{userdata:ts(e.userData),...e.networkData!==void 0&&{networkdata:ts(e.networkData)}}}}o(Pl,"cloudInitSecret");const ts=o(e=>Buffer.from(e).toString("base64"),"base64");async function Ml(e,t,n){const s=o(i=>(0,k.NG)(i,n.runId),"ours");await Ve(e,q.cW,t,{ours:s,signal:n.signal})}o(Ml,"createSecret");async function Dl(e,t,n,s={}){const i={apiVersion:n.apiVersion,kind:I.dr.kind,name:n.metadata.name,uid:n.metadata.uid};await e.mergePatch(q.cW,t,{metadata:{ownerReferences:[i]}},s)}o(Dl,"ownSecret");async function Ul(e,t,n,s){const i=await Fl(e,n.baseSha256,s);Bl(e,i);const{kube:r,log:a,signal:c}=s,{namespace:l,names:d,ownership:h,runId:g}=e,{userData:$,networkData:x}=t,ne={namespace:l,name:d.secret};await Ml(r,Pl({...ne,userData:$,networkData:x,ownership:h}),{runId:g,signal:c});const Y=await bo(r,zl(e,i,x!==void 0),{runId:g,signal:c});a.info(`created virtual machine ${l}/${d.vm} on image ${i.id}`),await Dl(r,ne,Y,{signal:c})}o(Ul,"provision");function zl(e,t,n){const{namespace:s,names:i,builder:r,network:a,ownership:c}=e;return $o({namespace:s,name:i.vm,cpu:r.cpu,memory:r.memory,disk:{claimName:i.claim,size:r.diskSize,imageId:t.id,storageClassName:t.storageClassName},network:a,secretName:i.secret,hasNetworkData:n,efi:r.efi,ownership:c})}o(zl,"machineOf");async function Fl(e,t,n){const{kube:s,log:i,signal:r}=n,{namespace:a,names:c,ownership:l,limits:d}=e,h=o(ge=>!(0,k.ey)(ge)&&Gl(ge,e,t),"where"),[g]=await Kt(s,{namespace:a,where:h,signal:r});if(g)return i.info(`the builder boots from ${a}/${g.metadata.name}, which is there already`),Ye(g);const{runId:$,recipe:x,expiresAt:ne}=l,Y=Bt({namespace:a,name:c.baseImage,url:e.builder.image?.url??e.recipe.base.url,sha512:e.builder.image?.sha512,retry:e.importRetries,ownership:e.builder.keepImage?{runId:$,recipe:x}:{runId:$,recipe:x,expiresAt:ne},...e.builder.image?{}:{annotations:{[k.aD]:t}},description:"What golden image builders boot from, imported by rke2-actions"});return await Ht(s,Y,{runId:$,signal:r}),i.info(`created image ${a}/${c.baseImage} from ${Y.spec.url}`),jt({...n,namespace:a,name:c.baseImage,stallAfter:d.stall})}o(Fl,"provideBaseImage");function Gl(e,t,n){const s=t.builder.image;return s?s.sha512?e.spec.checksum===s.sha512:e.metadata.labels?.[k.Kf]===k.u&&e.spec.url===s.url:e.metadata.annotations?.[k.aD]===n}o(Gl,"holdsBase");function Bl(e,t){const n=(0,T.L)(e.builder.diskSize)??0;if(!(t.virtualSize===void 0||n>=t.virtualSize))throw new p.yo("BUILDER_DISK_TOO_SMALL",`The builder's disk of ${e.builder.diskSize} is smaller than its image ${t.id} (${(0,T.z)(t.virtualSize)}).`,{mend:"Raise builder-disk-size; besides itself the disk holds the base and the finished image."})}o(Bl,"requireRoom");const ns=6,Hl=8080;class Kl{static{o(this,"GoldenBuild")}#e;#t;#n;#s;#i={};#r={};#o=[];constructor(t,n){this.#e=t,this.#t=n,this.#n=new Jo.k(n.clock,n.log),this.#s=(0,_.vE)(n.clock)}get timings(){return this.#n.timings}get verdict(){return this.#i.verdict}get files(){return this.#r}async run(){await this.#t.output.open();const{inputs:t,decision:n}=await this.#c("fingerprint",s=>this.#a(s));if(n.skip)return this.#g(n.image,t,n.reason);try{const s=await this.#d(t);return await this.#c("report",()=>this.#f()),await this.#m(),this.#$(s,t,n.reason)}catch(s){throw await this.#h((0,p.Oy)(s,"building the golden image")),s}finally{await this.#t.output.close()}}async#a(t){const n=await Vt(this.#e,this.#t.http,t),s=await Zt(this.#e,this.#t.kube,t.signal),i=this.#t.clock.now(),r=qt(n,s,{force:this.#e.force,maxAge:this.#e.maxAge,now:i});return t.log.info(`${r.skip?"skipped":"a bake is needed"}: ${r.reason}`),{inputs:n,decision:r}}async#d(t){const n=this.#e,{baseSha256:s,fingerprint:i}=t;this.#i={inputs:t},await this.#c("provision",async h=>{await Ct(n,h),await Pt(n,h),await this.#u(s,h)});const r=await this.#c("bake",h=>Ro(n,{...h,record:this.#t.output.record,emulationFactor:ns}));this.#i={inputs:t,baked:r};const a=await this.#c("proof",()=>this.#l(r,s));this.#i={inputs:t,baked:r,verdict:a};const c={...r.result,addresses:r.addresses},l=await this.#c("hand-over",h=>Go(n,c,h)),d=await this.#c("import",h=>Wo(n,{url:l,sha512:r.result.sha512,baseSha256:s,fingerprint:i},h));return this.#i={inputs:t,baked:r,verdict:a,image:d},d}async#u(t,n){const{recipe:s,runId:i,proxy:r,staticNetwork:a,builderSshKeys:c}=this.#e,{name:l,certificates:d,downloads:h,image:g}=s,$=Tr({recipe:{name:l,certificates:d,downloads:h,virtualSize:g.virtualSize},customize:rn(s),probe:Dr(pn(s)),base:{url:s.base.url,sha256:t},token:this.#t.token,port:Hl,runId:i,limits:mr,emulationFactor:ns,compress:!0,proxy:r,staticNetwork:a,sshAuthorizedKeys:c});await Ul(this.#e,$,{baseSha256:t},n)}async#l(t,n){const{output:s}=this.#t;await s.save("facts.json",t.facts);const{verdict:i,manifest:r}=Nl(this.#e,t,n);return this.#i={...this.#i,verdict:i},this.#r={verdict:await s.save("verdict.json",i),...r&&{manifest:await s.save("manifest.json",r)}},Ll(i),i}async#f(t){const{clock:n,origin:s,output:i}=this.#t,{timings:r}=this.#n,a={...this.#i,error:t,timings:r,start:this.#s,end:(0,_.vE)(n)},c=await i.save("build-record.json",Oo(this.#e,s,a));this.#r={...this.#r,buildRecord:c}}async#h(t){const{log:n,signal:s}=this.#t;if(await this.#f(t).catch(i=>n.warning(`no build record: ${(0,p.bD)(i)}`)),!s?.aborted){if(this.#e.keepFailed){const{namespace:i,names:r,ownership:a}=this.#e;n.notice(`kept for you until ${a.expiresAt}: virtual machine ${i}/${r.vm}`);return}await this.#m()}}async#m(){const{namespace:t,runId:n}=this.#e,{log:s,signal:i}=this.#t;try{const r=await this.#c("cleanup",a=>(0,Lo.n)({...a,namespace:t,runId:n}));this.#o=r.left}catch(r){(0,_.Te)(i),s.warning(`cleaning up was not finished: ${(0,p.bD)(r)}`),this.#o=[{what:`objects of run ${n}`,why:(0,p.bD)(r)}]}}#c(t,n){const s=this.#e.phases.find(l=>l.id===t),{kube:i,http:r,clock:a,signal:c}=this.#t;return this.#n.run(s,c,l=>n({...l,kube:i,http:r,clock:a}))}#g(t,n,s){const i=Ye(t),r=t.metadata.annotations?.[k.HG]??i.checksum,{size:a,virtualSize:c}=i;return{skipped:!0,reason:s,sha512:r,size:a,virtualSize:c,...this.#p(i,n)}}#$(t,n,s){const{sha512:i,size:r,virtualSize:a}=this.#i.baked.result,{verdict:c}=this.#i;return{skipped:!1,reason:s,sha512:i,size:r,virtualSize:a,...this.#p(t,n),...c&&{verdict:c}}}#p(t,{fingerprint:n}){return{image:t,fingerprint:n,files:this.#r,tfvars:Vo(t.displayName),controlPlaneCloudInit:Yo(this.#e),workerCloudInit:qo(this.#e),timings:this.#n.timings,left:this.#o}}}function Wl(e){return`${[Zl(e),M("Base image",Xl(e)),M("Repositories",Jl(e)),M("Packages",Ql(e)),M("Files",e.files.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}  (${n.origin})`)),M("Directories",e.directories.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}`)),M("Downloads",e.downloads.map(n=>`${n.path}
    from ${n.url}
    sha256 ${n.sha256}`)),M("Services",ed(e)),M("Open ports",(e.firewall?.ports??[]).map(Vl)),M("Kernel",td(e)),M("Trusted certificates",e.certificates.map(n=>n.name)),M("Image",nd(e)),M("Steps",rn(e).steps.map((n,s)=>`${String(s+1).padStart(2)}  ${n.id}: ${n.title}`)),M("Addresses that are fetched from",jl(e))].filter(n=>n!=="").join(`

`)}
`}o(Wl,"planText");function jl(e){const{url:t,checksumUrl:n}=e.base,s=[n,t,...e.repositories.map(i=>i.baseurl),...e.downloads.map(i=>i.url)];return[...new Set(s.filter(i=>i!==void 0))]}o(jl,"recipeUrls");function Vl(e){return`${e.protocol} ${Yl(e)}  ${e.name}: ${e.purpose}${ql(e)}`}o(Vl,"portText");function Yl({from:e,to:t}){return e===t?`${e}`:`${e}-${t}`}o(Yl,"portRange");function ql({sources:e,interface:t}){return`${e?`, from ${e.join(" ")}`:""}${t?`, on ${t}`:""}`}o(ql,"restriction");function Zl(e){const t=e.layers.length>0?`
layers: ${e.layers.join(", ")}`:"";return`${e.name}: ${e.description}${t}
digest: sha256:${(0,ke.dF)(e)}`}o(Zl,"heading");function M(e,t){return t.length===0?"":`${e}
${t.map(n=>`  ${n}`).join(`
`)}`}o(M,"section");function Xl({base:e}){const t=e.sha256?`sha256 ${e.sha256}`:`sha256 from ${e.checksumUrl}`;return[e.url,t]}o(Xl,"baseLines");function Jl(e){const t=e.repositories.map(({id:s,baseurl:i,enabled:r,replaces:a})=>{const c=a.length>0?`, instead of ${a.join(", ")}`:"";return`${s}  ${i}  (${r?"stays enabled":"for the bake only"}${c})`}),n=e.otherRepositories==="disable"?"switched off":"kept";return[...t,`the base image's own: ${n}`]}o(Jl,"repositoryLines");function Ql({packages:e}){return[...e.update?["update everything"]:[],...e.install.length>0?[`install: ${e.install.join(" ")}`]:[],...e.absent.length>0?[`must be absent: ${e.absent.join(" ")}`]:[]]}o(Ql,"packageLines");function ed({services:e}){return Object.entries(e).filter(([,t])=>t.length>0).map(([t,n])=>`${t}: ${n.join(" ")}`)}o(ed,"serviceLines");function td({kernelCommandLine:e,initramfs:t,kernelModules:n,sysctls:s,selinux:i}){const r=Object.entries(s).map(([a,c])=>`${a} = ${c}`);return[...e.required.length>0?[`command line has: ${e.required.join(" ")}`]:[],...t.drivers.length>0?[`initramfs has: ${t.drivers.join(" ")}`]:[],...n.length>0?[`modules loaded at boot: ${n.join(" ")}`]:[],...r,`SELinux ${i.mode}, ${i.type}`]}o(td,"kernelLines");function nd({image:e}){return[...e.virtualSize?[`grown to ${(0,T.z)(e.virtualSize)}`]:[],...e.maximumSize?[`at most ${(0,T.z)(e.maximumSize)} as a file`]:[],`at least ${e.minimumFreePercent} % of the root filesystem free`]}o(nd,"imageLines");var sd=m(2907),rd=m(6421);const ss=(1<<20)-4096,pt=`> The rest is cut: a step summary holds at most 1 MiB.
`;class Ee{static{o(this,"Summary")}#e=[];heading(t,n=2){return this.raw(`${"#".repeat(n)} ${gt(t)}`)}paragraph(t){return this.raw(gt(t))}table(t,n){const s=o(i=>`| ${i.map(od).join(" | ")} |`,"line");return this.raw([s(t),`|${t.map(()=>"---").join("|")}|`,...n.map(s)].join(`
`))}code(t,n=""){const s=Math.max(2,...[...t.matchAll(/`+/g)].map(r=>r[0].length)),i="`".repeat(s+1);return this.raw(`${i}${n}
${ze(t).replace(/\n$/,"")}
${i}`)}details(t,n){const s=new Ee;return n(s),this.raw(`<details><summary>${is(ze(t))}</summary>

${s.toString()}
</details>`)}timeline(t,n){if(n.length===0)return this;const s=n.map((r,a)=>{const c=`${rs(r.label)} (${(0,Z.a)(r.end-r.start)})`,l=r.failed?"crit, ":"";return`    ${c} :${l}p${a}, ${Math.round(r.start)}, ${Math.max(1,Math.round(r.end-r.start))}ms`}),i=["gantt",`    title ${rs(t)}`,"    dateFormat x","    axisFormat %M:%S"];return this.raw(`\`\`\`mermaid
${[...i,...s].join(`
`)}
\`\`\``)}raw(t){return this.#e.push(t),this}toString(t=ss){const n=this.#e.map(a=>`${a}

`),s=n.join("");if(Buffer.byteLength(s)<=t)return s;if(t<pt.length)return"";let i=t-pt.length;const r=n.findIndex(a=>(i-=Buffer.byteLength(a),i<0));return n.slice(0,r).join("")+pt}}function gt(e){return is(ze(e)).replace(/[\\`*_[\]#|~$]/g,t=>`\\${t}`)}o(gt,"escapeMarkdown");function ze(e){return(0,wn.stripVTControlCharacters)(e).replace(/[^\P{Cc}\t\r\n]/gu,"")}o(ze,"summary_printable");function od(e){return gt(e).replace(/\r\n|\r|\n/g,"<br>")}o(od,"escapeCell");function is(e){return e.replace(/[&<>]/g,t=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[t])}o(is,"escapeHtml");function rs(e){return ze(e).replace(/[:;,#%\r\n"]/g," ").trim()}o(rs,"plain");function Fe(e){for(const[t,n]of Object.entries(e))n!==void 0&&rd.uH(t,typeof n=="object"?JSON.stringify(n):String(n))}o(Fe,"setOutputs");async function ad(e,t){const n=t.GITHUB_ARTIFACTS;if(!n)return[];const s=o(r=>!/[=\r\n]|^\s*#/.test(r),"isTaken"),i=e.filter(s).map(r=>`${r}
`);return await(0,le.appendFile)(n,i.join("")),e.filter(r=>!s(r))}o(ad,"declareArtifacts");async function $t(e,t){const n=t.GITHUB_STEP_SUMMARY;if(!n)return;const{size:s}=await(0,le.stat)(n).catch(()=>({size:0}));await(0,le.appendFile)(n,e.toString(ss-s))}o($t,"writeSummary");var wt=m(3866),cd=m(9607);function ld(e){const{GITHUB_RUN_ID:t="local",GITHUB_RUN_ATTEMPT:n="1"}=e;return`${t}-${n}-${(0,L.randomBytes)(3).toString("hex")}`}o(ld,"newRunId");function dd(e){const{GITHUB_SERVER_URL:t,GITHUB_REPOSITORY:n,GITHUB_RUN_ID:s}=e,i=s&&`${t}/${n}/actions/runs/${s}`;return{source:kt({repository:n,sha:e.GITHUB_SHA,ref:e.GITHUB_REF}),trigger:kt({event:e.GITHUB_EVENT_NAME,actor:e.GITHUB_ACTOR,runId:s,runAttempt:e.GITHUB_RUN_ATTEMPT,runUrl:i}),runner:kt({name:e.RUNNER_NAME,os:e.RUNNER_OS,arch:e.RUNNER_ARCH})}}o(dd,"buildOrigin");function kt(e){return Object.fromEntries(Object.entries(e).filter(t=>t[1]!==void 0&&t[1]!==""))}o(kt,"given");function ud(e){const{image:t,files:n}=e;return{"image-id":t.id,"display-name":t.displayName,"storage-class":t.storageClassName,sha512:e.sha512&&`sha512:${e.sha512}`,size:e.size,"virtual-size":e.virtualSize,fingerprint:e.fingerprint&&`sha256:${e.fingerprint}`,skipped:e.skipped,"skip-reason":e.skipped?e.reason:void 0,manifest:n.manifest,verdict:n.verdict,"build-record":n.buildRecord,"phase-timings":os(e.timings),tfvars:e.tfvars,"control-plane-cloud-init":e.controlPlaneCloudInit,"worker-cloud-init":e.workerCloudInit}}o(ud,"outputsOf");function os(e){return Object.fromEntries(e.map(({phase:t,duration:n})=>[t,Math.round(n/100)/10]))}o(os,"phaseTimings");class fd{static{o(this,"Problems")}#e=[];add(t,n){this.#e.push({at:t,text:n})}get count(){return this.#e.length}knows(t){return this.#e.some(n=>n.at&&Se(n.at)===Se(t))}lines(){const t=[...new Set(this.#e.map(s=>s.at?.file))],n=[...this.#e].sort((s,i)=>t.indexOf(s.at?.file)-t.indexOf(i.at?.file)||(s.at?.line??0)-(i.at?.line??0)||(s.at?.column??0)-(i.at?.column??0));return[...new Set(n.map(({at:s,text:i})=>s?`${Se(s)}: ${i}`:i))]}throwIfAny(){if(this.count===0)return;const t=this.lines(),n=t.length===1?"The recipe has a mistake":`The recipe has ${t.length} mistakes`;throw new p.yo("RECIPE_INVALID",`${n}:
${t.join(`
`)}`,{mend:"Correct the lines named above; docs/recipes/README.md describes every key."})}}function Se(e){return`${e.file}:${e.line}:${e.column}`}o(Se,"describe");function fe(e,t){const n=hd(e,t);return n===void 0?"":`; did you mean "${n}"?`}o(fe,"suggestion");function hd(e,t){const s=t.map(i=>({candidate:i,edits:md(as(e),as(i))})).sort((i,r)=>i.edits-r.edits)[0];return s&&s.edits<=Math.max(1,Math.floor(e.length/3))?s.candidate:void 0}o(hd,"nearest");const as=o(e=>e.replace(/[-_]/g,"").toLowerCase(),"normal");function md(e,t){let n=Array.from({length:t.length+1},(s,i)=>i);for(const[s,i]of[...e].entries()){const r=[s+1];for(const[a,c]of[...t].entries())r.push(Math.min(r[a]+1,n[a+1]+1,n[a]+(i===c?0:1)));n=r}return n[t.length]}o(md,"editDistance");function pd(e,t,n){const s=new F.HN,i=(0,F.Tp)(t,{lineCounter:s,uniqueKeys:!1,prettyErrors:!1}),r=o(c=>{const{line:l,col:d}=s.linePos(c);return{file:e,line:Math.max(1,l),column:Math.max(1,d)}},"at");for(const c of[...i.errors,...i.warnings])n.add(r(c.pos[0]),c.message);if(i.errors.length>0)return;const a=bt(i.contents,r,n);if(a.kind==="map")return a;n.add(a.at,'a recipe file is a map of keys, such as "name: my-image"')}o(pd,"parseSource");function bt(e,t,n){const s=t(e?.range?.[0]??0);if((0,F.jh)(e))return gd(e.items,s,t,n);if((0,F.oP)(e)){const i=e.items.map(r=>bt(r,t,n));return{kind:"list",at:s,items:i}}return(0,F.Vj)(e)&&n.add(s,"anchors and aliases are not used in recipes; use a variable or write it out"),{kind:"scalar",at:s,value:(0,F.jn)(e)?wd(e.value,e.source):null}}o(bt,"convert");function gd(e,t,n,s){const i=new Map;for(const r of e){const a=n(r.key.range?.[0]??0),c=String((0,F.jn)(r.key)?r.key.source??r.key.value:r.key),l=i.get(c);if(l){s.add(a,`the key "${c}" is given twice; the first one is in line ${l.keyAt.line}`);continue}const d=r.value?bt(r.value,n,s):$d(a);i.set(c,{keyAt:a,value:d})}return{kind:"map",at:t,entries:i}}o(gd,"convertMap");const $d=o(e=>({kind:"scalar",at:e,value:null}),"nothing");function wd(e,t){return typeof e=="number"&&t!==void 0&&/^0\d+$/.test(t)?t:typeof e=="bigint"?Number(e):e}o(wd,"scalarOf");function Te(e){return e.kind==="scalar"?e.value:e.kind==="list"?e.items.map(Te):Object.fromEntries([...e.entries].map(([t,n])=>[t,Te(n.value)]))}o(Te,"source_plain");function ae(e,t){let n=e;for(const s of t){const i=n.kind==="map"?n.entries.get(String(s))?.value:n.kind==="list"?n.items[Number(s)]:void 0;if(!i)break;n=i}return n.at}o(ae,"positionAt");function yt(e,t){const n=kd(e,t.slice(0,-1));return(n?.kind==="map"?n.entries.get(String(t.at(-1))):void 0)?.keyAt??ae(e,t)}o(yt,"keyPositionAt");function kd(e,t){let n=e;for(const s of t)if(n?.kind==="map")n=n.entries.get(String(s))?.value;else if(n?.kind==="list")n=n.items[Number(s)];else return;return n}o(kd,"nodeAt");function vt(e,t,n){return{...e,entries:new Map([...e.entries,[t,n]])}}o(vt,"withEntry");function he(e,t){return{...e,entries:new Map([...e.entries].filter(([n])=>n!==t))}}o(he,"withoutEntry");const cs={repositories:"id",files:"path",directories:"path",commands:"id",downloads:"path",certificates:"name","firewall.open":"name"};function bd(e,t,n){const s=new yd(n);let i=e;const r=t.entries.get("remove");r&&(i=s.removeFrom(i,r.value,""));const a=t.entries.get("override");a&&(i=s.overrideIn(i,a,""));const l=["layer","description","remove","override"].reduce(he,t);return s.addTo(i,{keyAt:t.at,value:l},"")}o(bd,"applyLayer");class yd{static{o(this,"Merge")}#e;constructor(t){this.#e=t}addTo(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a),d=l?this.addTo(l.value,c,xe(s,a)):c.value;return vt(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"?this.#t(t,i,s):(this.#e.add(n.keyAt,`"${s}" is already set at ${Se(t.at)}; to change it, put it under "override:"`),t)}#t(t,n,s){const i=new Map(t.items.map(a=>[j(a,s),a])),r=n.items.filter(a=>{const c=i.get(j(a,s));return!c||j(a,s)===void 0?!0:(this.#e.add(a.at,`"${j(a,s)}" is already in "${s}" (${Se(c.at)}); to change it, put it under "override:"`),!1)});return{...t,items:[...t.items,...r]}}overrideIn(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a);if(!l){const h=fe(a,[...r.entries.keys()]);return this.#e.add(c.keyAt,`"${xe(s,a)}" is not set before this layer, so nothing is overridden${h}`),r}const d=this.overrideIn(l.value,c,xe(s,a));return vt(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"&&s in cs?this.#n(t,i,s):i}#n(t,n,s){const i=[...t.items];for(const r of n.items){const a=i.findIndex(c=>j(c,s)===j(r,s));a>=0?i[a]=r:this.#i(r,s,i)}return{...t,items:i}}removeFrom(t,n,s){return n.kind==="map"&&t.kind==="map"?[...n.entries].reduce((i,[r,a])=>{const c=i.entries.get(r);if(!c)return this.#e.add(a.keyAt,`"${xe(s,r)}" is not there, so nothing is removed${fe(r,[...i.entries.keys()])}`),i;if(a.value.kind==="scalar"&&a.value.value===!0)return he(i,r);const d=this.removeFrom(c.value,a.value,xe(s,r));return vt(i,r,{keyAt:c.keyAt,value:d})},t):n.kind==="list"?n.items.reduce((i,r)=>this.#s(i,r,s),t):(this.#e.add(n.at,`"remove" takes the names to remove from "${s}" as a list, or true for all of it`),t)}#s(t,n,s){const i=n.kind==="scalar"?String(n.value):"";if(t.kind==="map"&&t.entries.has(i))return he(t,i);if(t.kind==="list"){const r=t.items.filter(a=>j(a,s)!==i);if(r.length<t.items.length)return{...t,items:r}}return this.#i(n,s,t.kind==="list"?t.items:[]),t}#i(t,n,s){const i=j(t,n)??vd(t),r=s.map(a=>j(a,n)).filter(a=>a!==void 0);this.#e.add(t.at,`"${i}" is not in "${n}"${fe(String(i),r)}`)}}function j(e,t){const n=e.kind==="map"&&e.entries.has("item")?"item":cs[t],s=e.kind==="map"&&n?e.entries.get(n)?.value:e;return s?.kind==="scalar"&&s.value!==null?String(s.value):void 0}o(j,"identityOf");const vd=o(e=>e.kind==="scalar"?String(e.value):"this item","plainText"),xe=o((e,t)=>e===""?t:`${e}.${t}`,"join");function Ed(e){return{ipv4:ls("ipv4",e),ipv6:ls("ipv6",e),ports:e}}o(Ed,"renderFirewall");const Sd={ipv4:`# Packets of the node to itself.
-A INPUT -i lo -j ACCEPT
# Answers to what the node asked.
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
# Ping, path MTU discovery.
-A INPUT -p icmp -j ACCEPT
`,ipv6:`# Packets of the node to itself.
-A INPUT -i lo -j ACCEPT
# Neighbour discovery, router advertisements, path MTU discovery, ping.
-A INPUT -p ipv6-icmp -j ACCEPT
# Answers to what the node asked.
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
# Answers of a DHCPv6 server.
-A INPUT -s fe80::/10 -d fe80::/10 -p udp -m udp --sport 547 --dport 546 -j ACCEPT
`};function ls(e,t){const n=t.map(s=>Td(e,s)).join("");return`*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${Sd[e]}${n}COMMIT
`}o(ls,"rules");function Td(e,t){const n=t.sources?.filter(c=>xd(c)===e);if(n?.length===0)return"";const s=t.from===t.to?`${t.from}`:`${t.from}:${t.to}`,i=`-p ${t.protocol} -m ${t.protocol} --dport ${s} -j ACCEPT`,r=t.interface?`-i ${t.interface} `:"",a=(n??[void 0]).map(c=>`-A INPUT ${c?`-s ${c} `:""}${r}${i}
`);return`# ${t.purpose}.
${a.join("")}`}o(Td,"portRules");function xd(e){return e.includes(":")?"ipv6":"ipv4"}o(xd,"familyOf");const V=o((e,t)=>({owner:"root",group:"root",mode:"0644",...t,origin:e}),"file");function Rd(e){return e.map(({name:t,pem:n})=>V("certificates",{path:`/etc/pki/ca-trust/source/anchors/${t}.pem`,content:n}))}o(Rd,"certificateFiles");function Id(e){return e.flatMap(t=>{const{armoured:n,file:s}=t.gpgKey,i=n?[V("repositories",{path:s,content:`${n.trim()}
`})]:[],r=V("repositories",{path:`/etc/yum.repos.d/${t.id}.repo`,content:_d(t)});return[...i,r]})}o(Id,"repositoryFiles");function _d({id:e,name:t,baseurl:n,enabled:s,repoGpgcheck:i,gpgKey:r}){return`[${e}]
name=${t}
baseurl=${n}
enabled=${s?1:0}
gpgcheck=1
repo_gpgcheck=${i?1:0}
gpgkey=file://${r.file}
skip_if_unavailable=0
`}o(_d,"repositoryText");function Ad(e){if(e.length===0)return[];const t=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${e.join(" ")} "
`;return[V("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:t})]}o(Ad,"initramfsFiles");function Od(e){return Object.entries(e).map(([t,n])=>{const s=Object.entries(n).map(([i,r])=>`${i} = ${r}
`);return V("sysctls",{path:`/etc/sysctl.d/${t}.conf`,content:s.join("")})})}o(Od,"sysctlFiles");function Nd(e){if(e.length===0)return[];const t=e.map(n=>`${n}
`).join("");return[V("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:t})]}o(Nd,"kernelModuleFiles");function Ld({enable:e,disable:t,mask:n}){const s=[...e.map(i=>`enable ${i}
`),...[...t,...n].map(i=>`disable ${i}
`)];return s.length===0?[]:[V("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:s.join("")})]}o(Ld,"presetFiles");function Cd(e){if(!e)return[];const t=o((n,s)=>V("firewall",{path:`/etc/sysconfig/${n}`,content:s,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[t("iptables",e.ipv4),t("ip6tables",e.ipv6)]}o(Cd,"firewallFiles");function Pd(e,t){const n=Object.entries(t).map(([s,i])=>`GOLDEN_${s}="${i.replace(/(["\\$`])/g,"\\$1")}"
`);return V("release",{path:e,content:n.join("")})}o(Pd,"releaseFile");const ds=["control-plane","worker"],Md=["ssh","rke2","etcd","expose-control-plane-metrics","nodeport","cilium-vxlan","cilium-health","cilium-hubble","cilium-metrics","cilium-wireguard","node-exporter"],me=["control-plane"],B=ds,Dd=[{feature:"ssh",roles:B,audience:"administrators",name:"ssh",protocol:"tcp",from:22,purpose:"SSH"},{feature:"rke2",roles:me,audience:"anyone",name:"kube-apiserver",protocol:"tcp",from:6443,purpose:"Kubernetes API"},{feature:"rke2",roles:me,audience:"nodes",name:"rke2-supervisor",protocol:"tcp",from:9345,purpose:"RKE2 supervisor: joining nodes"},{feature:"rke2",roles:B,audience:"nodes",name:"kubelet",protocol:"tcp",from:10250,purpose:"kubelet: logs, exec, metrics"},{feature:"etcd",roles:me,audience:"nodes",name:"etcd",protocol:"tcp",from:2379,to:2380,purpose:"etcd clients and peers"},{feature:"expose-control-plane-metrics",roles:me,audience:"nodes",name:"etcd-metrics",protocol:"tcp",from:2381,purpose:"etcd metrics"},{feature:"expose-control-plane-metrics",roles:me,audience:"nodes",name:"kube-controller-manager",protocol:"tcp",from:10257,purpose:"kube-controller-manager metrics"},{feature:"expose-control-plane-metrics",roles:me,audience:"nodes",name:"kube-scheduler",protocol:"tcp",from:10259,purpose:"kube-scheduler metrics"},{feature:"nodeport",roles:B,audience:"anyone",name:"nodeport-tcp",protocol:"tcp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"nodeport",roles:B,audience:"anyone",name:"nodeport-udp",protocol:"udp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"cilium-vxlan",roles:B,audience:"nodes",name:"cilium-vxlan",protocol:"udp",from:8472,purpose:"VXLAN overlay between nodes"},{feature:"cilium-health",roles:B,audience:"nodes",name:"cilium-health",protocol:"tcp",from:4240,purpose:"Cilium health checks"},{feature:"cilium-hubble",roles:B,audience:"nodes",name:"hubble-server",protocol:"tcp",from:4244,purpose:"Hubble server"},{feature:"cilium-hubble",roles:B,audience:"nodes",name:"hubble-relay",protocol:"tcp",from:4245,purpose:"Hubble relay"},{feature:"cilium-metrics",roles:B,audience:"nodes",name:"cilium-metrics",protocol:"tcp",from:9962,purpose:"Cilium agent metrics"},{feature:"cilium-wireguard",roles:B,audience:"nodes",name:"cilium-wireguard",protocol:"udp",from:51871,purpose:"WireGuard encryption between nodes"},{feature:"node-exporter",roles:B,audience:"nodes",name:"node-exporter",protocol:"tcp",from:9100,purpose:"Node metrics"}];function Ud(e){return Dd.filter(t=>e.features.includes(t.feature)).filter(t=>t.roles.some(n=>e.roles.includes(n))).map(t=>zd(t,e)).sort(us)}o(Ud,"openPorts");function us(e,t){return e.from-t.from||e.protocol.localeCompare(t.protocol)||e.name.localeCompare(t.name)}o(us,"byNumber");function zd(e,t){const{nodeSources:n,nodeInterface:s,sshSources:i}=t,r={anyone:{},administrators:{...i.length>0&&{sources:i}},nodes:{...n.length>0&&{sources:n},...s&&{interface:s}}}[e.audience],{name:a,protocol:c,from:l,to:d=l,purpose:h}=e;return{name:a,protocol:c,from:l,to:d,purpose:h,...r}}o(zd,"openPort");function Fd(e){const{document:t,layers:n}=e,s=Zd(e),i=Xd(e),r=t.repositories.map(fs),a=[...Rd(s),...Id(r),...Ad(t.initramfs.drivers),...Ld(t.services),...Od(t.sysctls),...Nd(t["kernel-modules"]),...Cd(i),...t.files.map(Hd)],c=t["allowed-hosts"],l={name:t.name,description:t.description.trim(),layers:n,base:Gd(t.base),repositories:r,otherRepositories:t["other-repositories"],...c&&{allowedHosts:c},packages:Bd(t.packages),files:a,directories:t.directories.map(Kd),sysctls:Object.assign({},...Object.values(t.sysctls)),kernelModules:t["kernel-modules"],services:t.services,kernelCommandLine:t["kernel-command-line"],initramfs:t.initramfs,...i&&{firewall:i},selinux:t.selinux,certificates:s,commands:t.commands.map(Wd),downloads:[...Yd(t),...t.downloads.map(jd)],sealing:t.sealing,image:qd(t.image)};return Qd(e,l),Jd(l,t.release)}o(Fd,"resolve");function Gd(e){const t=e["checksum-url"];return{url:e.url,...t&&{checksumUrl:t},...e.sha256&&{sha256:e.sha256},arch:e.arch}}o(Gd,"resolveBase");function fs(e){const{id:t,name:n,baseurl:s,enabled:i,replaces:r}=e,{file:a,armoured:c,url:l,sha256:d}=e["gpg-key"];return{id:t,name:n,baseurl:s,gpgKey:c?{file:a,armoured:c}:l&&d?{file:a,url:l,sha256:d}:{file:a},repoGpgcheck:e["repo-gpgcheck"],enabled:i,replaces:r}}o(fs,"resolveRepository");function Bd(e){const{update:t,install:n,absent:s,signers:i}=e;return{update:t,install:n,absent:s,signers:i,minimumCount:e["minimum-count"]}}o(Bd,"resolvePackages");function Hd(e){const{path:t,mode:n,owner:s,group:i,content:r,template:a}=e,c=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...c&&{selinuxType:c},content:r??a??"",origin:"files"}}o(Hd,"resolveFile");function Kd(e){const{path:t,mode:n,owner:s,group:i,empty:r}=e,a=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...a&&{selinuxType:a},empty:r}}o(Kd,"resolveDirectory");function Wd(e){const{id:t,title:n,script:s,environment:i}=e,r=Object.entries(i).map(([a,c])=>[a,String(c)]);return{id:t,title:n,script:s,...r.length>0&&{environment:Object.fromEntries(r)}}}o(Wd,"resolveCommand");function jd(e){return{...e,url:Vd(e.url)}}o(jd,"resolveDownload");function Vd(e){const t=new URL(e);return t.pathname=t.pathname.replaceAll("+","%2B"),t.href}o(Vd,"encodePlus");function Yd(e){return e.repositories.map(fs).flatMap(({gpgKey:{file:t,url:n,sha256:s}})=>n&&s?[{url:n,sha256:s,path:t,mode:"0644"}]:[])}o(Yd,"keyDownloads");function qd(e){const{"virtual-size":t,"maximum-size":n}=e;return{...t!==void 0&&{virtualSize:t},...n!==void 0&&{maximumSize:n},minimumFreePercent:e["minimum-free-percent"]}}o(qd,"resolveImage");function Zd({document:e,tree:t,problems:n}){return e.certificates.flatMap(({name:s,pem:i},r)=>{const a=Ar(s,i);return"wrong"in a?(n.add(ae(t,["certificates",r,"pem"]),`"${s}": ${a.wrong}`),[]):a})}o(Zd,"resolveCertificates");function Xd({document:e,tree:t,problems:n}){const{firewall:s}=e;if(!s)return;const i=Ud({roles:s.roles,features:s.features,nodeSources:s["node-sources"],nodeInterface:s["node-interface"],sshSources:s["ssh-sources"]}),r=s.open.map(({name:a,protocol:c,from:l,to:d=l,sources:h,interface:g,purpose:$},x)=>(d<l&&n.add(ae(t,["firewall","open",x,"to"]),`"${a}": the range ends (${d}) before it begins (${l})`),{name:a,protocol:c,from:l,to:d,purpose:$,...h.length>0&&{sources:h},...g&&{interface:g}}));return Ed([...i,...r].sort(us))}o(Xd,"resolveFirewall");function Jd(e,t){if(!t)return e;const n={RECIPE:e.name,LAYERS:e.layers.join(" "),...t.fields},s=o(i=>({...e,files:[...e.files,Pd(t.path,{...n,...i})]}),"withFile");return s({[ke.qj]:`sha256:${(0,ke.dF)(s({}))}`})}o(Jd,"withRelease");function Qd(e,t){eu(e,t),tu(e,t),nu(e,t)}o(Qd,"findContradictions");function eu({tree:e,problems:t},n){const s=o((i,r)=>{for(const a of new Set(r.filter((c,l)=>r.indexOf(c)<l)))t.add(ae(e,i.split(".")),`"${i}" has "${a}" twice`)},"told");s("repositories",n.repositories.map(i=>i.id)),s("files",[...n.files,...n.downloads].map(i=>i.path)),s("directories",n.directories.map(i=>i.path)),s("commands",n.commands.map(i=>i.id)),s("certificates",n.certificates.map(i=>i.name)),s("packages.install",n.packages.install),s("packages.absent",n.packages.absent),s("firewall.open",n.firewall?.ports.map(i=>i.name)??[]);for(const i of["enable","disable","mask"])s(`services.${i}`,n.services[i])}o(eu,"findDuplicates");function tu({tree:e,problems:t},n){const{packages:s,services:i,firewall:r}=n,a=o((l,d)=>t.add(ae(e,l),d),"told");for(const l of s.install.filter(d=>s.absent.includes(d)))a(["packages","absent"],`the package "${l}" is to be installed and to be absent`);for(const l of i.enable.filter(d=>[...i.disable,...i.mask].includes(d)))a(["services","enable"],`the unit "${l}" is to be enabled, and disabled or masked`);const c=["iptables.service","ip6tables.service"].filter(l=>!i.enable.includes(l));r&&c.length>0&&a(["firewall"],`the rules are written but never loaded: "services.enable" lacks ${c.join(" and ")}`)}o(tu,"findOverlaps");function nu({tree:e,problems:t},n){if(!n.allowedHosts)return;const s=[...[n.base.url,n.base.checksumUrl].map(i=>({url:i,path:["base"]})),...n.repositories.map(({baseurl:i},r)=>({url:i,path:["repositories",r]})),...n.downloads.map(({url:i})=>({url:i,path:["downloads"]}))];for(const{url:i,path:r}of s){const a=i&&new URL(i).hostname;a&&!n.allowedHosts.includes(a)&&t.add(ae(e,r),`the host "${a}" (${i}) is not among "allowed-hosts": ${n.allowedHosts.join(", ")}`)}}o(nu,"findForbiddenHosts");const hs=/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;function Et(e){const t=[];let n=e;for(;;){const s=/\$\$\{|\$\{([^}]*)\}?/.exec(n);if(!s)return n===""&&t.length>0?t:[...t,{text:n}];s.index>0&&t.push({text:n.slice(0,s.index)}),t.push(s[1]===void 0?{text:"${"}:{name:s[1]}),n=n.slice(s.index+s[0].length)}}o(Et,"scan");class su{static{o(this,"Variables")}#e;#t;#n;#s=new Map;#i=new Set;constructor(t,n,s){this.#e=t,this.#t=n,this.#n=s;for(const i of Object.keys(n))t.has(i)||s.add(void 0,`variable "${i}": the recipe has none of this name${this.#h(i)}`);for(const{declaration:i,at:r}of t.values())this.#o(i,r);for(const i of t.keys())this.#a(i,[])}declaration(t){return this.#e.get(t)?.declaration}value(t,n){if(this.#i.add(t),!this.#e.has(t)){this.#n.add(n,this.#f(t));return}return this.#s.get(t)}substitute(t,n){const s=Et(t),[i]=s;if(s.length===1&&i&&"name"in i)return this.value(i.name,n);const r=s.map(a=>"text"in a?a.text:this.#r(a.name,n));return r.includes(void 0)?void 0:r.join("")}reportUnused(){for(const[t,{at:n}]of this.#e)this.#i.has(t)||this.#n.add(n,`the variable "${t}" is declared but not used anywhere`)}#r(t,n){const s=this.value(t,n);if(!Array.isArray(s))return s===void 0?void 0:String(s);this.#n.add(n,`the variable "${t}" is a list and cannot be part of a longer text`)}#o(t,n){if(typeof t.default=="string")for(const s of Et(t.default))"name"in s&&this.value(s.name,n)}#a(t,n){if(this.#s.has(t))return this.#s.get(t);const{declaration:s,at:i}=this.#e.get(t);if(n.includes(t)){this.#n.add(i,`the defaults of ${[...n,t].map(c=>`"${c}"`).join(" \u2192 ")} refer to each other`);return}const r=Object.hasOwn(this.#t,t)?this.#t[t]:void 0,a=r===void 0?this.#d(t,s,i,n):this.#l(t,s,r,void 0);return this.#s.set(t,a),a}#d(t,n,s,i){const r=n.default;if(r===void 0){this.#n.add(s,`the variable "${t}" has no default and was not given: ${n.description}`);return}if(typeof r!="string")return r;const a=Et(r).map(c=>"text"in c?c.text:this.#u(c.name,[...i,t]));return a.includes(void 0)?void 0:this.#l(t,n,a.join(""),s)}#u(t,n){const s=this.#e.has(t)?this.#a(t,n):void 0;return s===void 0?void 0:String(s)}#l(t,n,s,i){const r=St(n,s);if(!("wrong"in r))return r.value;this.#n.add(i,`variable "${t}": ${r.wrong}, found ${JSON.stringify(s)}`)}#f(t){return hs.test(t)?`there is no variable "${t}"${this.#h(t)}`:`"\${${t}" is no variable; write "$\${" for a literal "\${"`}#h(t){return fe(t,[...this.#e.keys()])}}function St(e,t){switch(e.type){case"string":return{value:t};case"url":return t===""||iu(t)?{value:t}:{wrong:"expected an http or https URL, or nothing"};case"integer":return/^-?\d{1,15}$/.test(t)?{value:Number(t)}:{wrong:"expected a whole number"};case"boolean":return t==="true"||t==="false"?{value:t==="true"}:{wrong:"expected true or false"};case"enum":return e.values?.includes(t)?{value:t}:{wrong:`expected one of ${e.values?.join(", ")}`};case"list":return{value:t.split(`
`).map(n=>n.trim()).filter(n=>n!=="")}}}o(St,"readValue");function iu(e){return URL.canParse(e)&&["http:","https:"].includes(new URL(e).protocol)}o(iu,"isWebUrl");function ru(e){return Array.isArray(e)?e.length>0:!!e}o(ru,"isTruthy");function ou(e,t,n,s){const i=/^(?:(not)\s+)?([a-z][a-z0-9-]*)(?:\s*(==|!=)\s*(.*))?$/.exec(String(e).trim());if(!i||i[1]&&i[3])return s.add(n,`"when" takes: name, not name, name == value, name != value; found ${JSON.stringify(e)}`),!1;const[,r,a,c,l]=i,d=t.value(a,n);if(!c)return ru(d)!==!!r;const h=t.declaration(a),g=h&&St(h,l);return g&&("wrong"in g||h.type==="list")?(s.add(n,`"${a}" can never be ${JSON.stringify(l)}: it is of type ${h.type}`),!1):String(d)===l==(c==="==")}o(ou,"holds");const Tt=u.YjP(),te=u.YjP().min(1,"must not be empty"),v=o((e,t)=>u.YjP().regex(e,t),"pattern"),pe=v(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~-]*[\w@+:,=~.-]$/,'expected an absolute path without "..", double slashes or special characters'),au=v(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~*?![\]-]*[\w.*?\]-]$/,"expected an absolute path, where *, ? and [...] may stand for letters"),xt=v(/^0?[0-7]{3}$|^[0-7]{4}$/,"expected an octal mode such as 0644").transform(e=>e.padStart(4,"0")),Ge=v(/^[a-z_][a-z0-9_-]*$/,"expected the name of a user or group"),ms=v(/^[A-Za-z0-9_]+_t$/,"expected an SELinux type such as system_conf_t"),Be=u.OZ5({protocol:/^https?$/,error:"expected an http or https URL"}),ps=v(/^[0-9a-f]{64}$/,"expected a sha256 in 64 lower-case hex digits"),ce=v(/^[A-Za-z0-9][\w.-]*$/,'expected letters, digits, ".", "_" and "-"'),gs=v(/^[A-Za-z0-9][\w.+-]*$/,"expected the name of a package"),Rt=v(/^[\w@:.\\-]+\.(service|socket|timer|target|path|mount)$/,"expected a unit with its suffix, such as iptables.service"),It=u.KCZ([u.zrY(),u.l7s()],{error:"expected a network such as 10.0.0.0/16 or fd00::/64"}),$s=v(/^([\w.+-]{1,15})?$/,"expected the name of a network interface"),ws=v(/^\d/,"expected a size such as 10Gi").transform((e,t)=>{const n=(0,T.L)(e);return n===void 0&&t.addIssue({code:"custom",message:"expected a size such as 10Gi"}),n??0}),w=o(e=>u.YOg(e).default([]),"list"),ks=u.KCZ([u.euz(""),Be],{error:"expected an http or https URL"}).optional(),bs=u.KCZ([u.euz(""),ps],{error:"expected a sha256 in 64 lower-case hex digits"}).optional(),cu=u.rej({url:Be.describe("qcow2 that the image is made from."),"checksum-url":ks.describe('Checksum file (BSD or GNU form) with a sha256 line for the file of "url".'),sha256:bs.describe("Digest of the base, if it is known without a checksum file."),arch:u.k5n(["x86_64"]).default("x86_64")}).refine(e=>e["checksum-url"]||e.sha256,{error:'one of "checksum-url" and "sha256" must be given: a base image is never taken unchecked'}),lu=u.rej({id:ce,name:te,baseurl:Be,"gpg-key":u.rej({file:pe.describe("Where the key is in the image; packages are checked against this file."),armoured:Tt.optional().describe('The key itself, ASCII-armoured; written to "file".'),url:ks.describe('Where the builder gets the key from; needs "sha256".'),sha256:bs}).refine(e=>!e.url||e.armoured||e.sha256,{error:'a key that is fetched needs its "sha256": whoever can swap the key can swap the packages'}),"repo-gpgcheck":u.zMY().default(!1).describe("Check the signature of the repository metadata, too."),enabled:u.zMY().default(!1).describe("Enabled in the finished image. During the bake every repository of the recipe is."),replaces:w(ce).describe("Ids of the base image's own repositories that are switched off for this one.")}),du=u.rej({path:pe,mode:xt.default("0644"),owner:Ge.default("root"),group:Ge.default("root"),"selinux-type":ms.optional().describe("Type the proof expects; it is the policy that assigns it."),content:Tt.optional().describe("Taken as it stands."),template:Tt.optional().describe("Like content, with variables put in.")}).refine(e=>e.content===void 0!=(e.template===void 0),{error:'exactly one of "content" and "template" must be given'}),uu=u.rej({path:pe,mode:xt.default("0755"),owner:Ge.default("root"),group:Ge.default("root"),"selinux-type":ms.optional(),empty:u.zMY().default(!1).describe("Nothing may be in it in the finished image.")}),fu=u.rej({name:ce,protocol:u.k5n(["tcp","udp"]),from:u.Whr().min(1).max(65535),to:u.Whr().min(1).max(65535).optional().describe("Last port of a range."),sources:w(It),interface:$s.optional(),purpose:te}),hu=u.rej({roles:u.YOg(u.k5n(ds)).min(1,"at least one role"),features:u.YOg(u.k5n(Md)),"node-sources":w(It).describe("Networks of the nodes; empty: ports between nodes are open to everyone."),"node-interface":$s.default("").describe("Interface of the cluster network; empty: any."),"ssh-sources":w(It).describe("Networks that may reach ssh; empty: everyone."),open:w(fu).describe("Ports beyond those of the features.")}),mu=u.rej({id:v(/^[a-z][a-z0-9-]*$/,'expected lower-case letters, digits and "-"'),title:te,script:te.describe("Body of a POSIX shell script, run in the image with set -eu; taken as it stands."),environment:u.g1P(v(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),u.KCZ([u.YjP(),u.aig(),u.zMY()])).default({}).describe("Shell variables for the script; variables of the recipe may be put in.")}),pu=u.rej({url:Be,sha256:ps,path:pe,mode:xt.default("0644")}),ys=u.KCZ([u.YjP(),u.aig(),u.zMY()]).transform(String),gu=u.rej({name:v(/^[a-z][a-z0-9-]{0,39}$/,'expected lower-case letters, digits and "-", at most 40'),description:te,base:cu,repositories:w(lu),"other-repositories":u.k5n(["keep","disable"]).default("keep").describe("What happens to the base image's own repositories."),"allowed-hosts":u.YOg(te).optional().describe("Air gap: the only hosts that may occur in any URL."),packages:u.rej({update:u.zMY().default(!0),install:w(gs),absent:w(gs),signers:w(v(/^[0-9a-f]{16}$/,"expected a long key id: 16 lower-case hex digits")),"minimum-count":u.Whr().min(1).default(1)}).prefault({}),files:w(du),directories:w(uu),sysctls:u.g1P(ce,u.g1P(v(/^[\w./-]+$/,"expected a sysctl key"),ys)).default({}).describe("Name of a drop-in in /etc/sysctl.d (without .conf) \u2192 keys and values."),"kernel-modules":w(ce),services:u.rej({enable:w(Rt),disable:w(Rt),mask:w(Rt)}).prefault({}),"kernel-command-line":u.rej({required:w(v(/^[^\s"'$\\`]+$/,"expected one argument without quotes")),forbidden:w(v(/^[^\s"'$\\`]+$/,"expected an argument, or the name of one"))}).prefault({}),initramfs:u.rej({drivers:w(ce)}).prefault({}),firewall:hu.optional(),selinux:u.rej({mode:u.k5n(["enforcing","permissive"]).default("enforcing"),type:u.k5n(["targeted","mls","minimum"]).default("targeted")}).prefault({}),certificates:w(u.rej({name:ce,pem:te.describe("One or more certificates.")})),commands:w(mu),downloads:w(pu),release:u.rej({path:pe,fields:u.g1P(v(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),ys).default({})}).optional().describe("A file in the image that tells where it comes from."),sealing:u.rej({removed:w(au),emptied:w(pe)}).prefault({}),image:u.rej({"virtual-size":ws.optional(),"maximum-size":ws.optional(),"minimum-free-percent":u.Whr().min(0).max(95).default(0)}).prefault({})}),$u=u.g1P(v(hs,'expected lower-case letters, digits and "-"'),u.rej({type:u.k5n(["string","url","integer","boolean","enum","list"]).default("string"),description:te,values:u.YOg(u.YjP()).optional(),default:u.KCZ([u.YjP(),u.aig(),u.zMY(),u.YOg(u.YjP())]).optional()}));function vs(e,t,n){const s=e.safeParse(Te(t));if(s.success)return s.data;for(const i of s.error.issues)wu(i,e,t,n)}o(vs,"validate");function wu(e,t,n,s){if(e.code==="unrecognized_keys"){const r=Eu(t,e.path);for(const a of e.keys){const c=fe(a,r)||`; known here: ${r.join(", ")}`;s.add(yt(n,[...e.path,a]),`unknown key "${a}"${c}`)}return}const i=e.code==="invalid_key"?yt(n,e.path):ae(n,e.path);s.knows(i)||s.add(i,ku(e,n))}o(wu,"complain");function ku(e,t){const n=e.path.map(String).join(".").replace(/\.(\d+)(?=\.|$)/g,"[$1]"),s=e.path.reduce((r,a)=>r?.[a],Te(t));if(s===void 0&&e.path.length>0)return`"${n}" is missing`;if(e.code==="invalid_type")return`"${n}": expected ${yu(e.expected)}, found ${_t(s)}`;if(e.code==="invalid_value")return`"${n}": expected ${vu(e.values)}, found ${_t(s)}${fe(String(s),e.values.map(String))}`;if(e.code==="invalid_key")return`"${n}": ${e.issues[0]?.message??"not a valid key"}`;const i=e.code==="custom"||typeof s=="object"?"":`, found ${_t(s)}`;return n===""?e.message:`"${n}": ${e.message}${i}`}o(ku,"wording");const bu={object:"a map",record:"a map",array:"a list",string:"a text",int:"a whole number",number:"a number",boolean:"true or false"},yu=o(e=>bu[e]??e,"typeName"),vu=o(e=>e.length===1?String(e[0]):`one of ${e.join(", ")}`,"valuesOf");function _t(e){return Array.isArray(e)?"a list":e===null?"nothing":typeof e=="object"?"a map":JSON.stringify(e).slice(0,80)}o(_t,"shown");function Eu(e,t){let n=Re(e);for(const s of t)n instanceof u.bvH?n=Re(n.shape[String(s)]):n instanceof u.naA?n=Re(n.element):n instanceof u.b8S&&(n=Re(n.valueType));return n instanceof u.bvH?Object.keys(n.shape):[]}o(Eu,"keysAt");function Re(e){return e instanceof u.XiL||e instanceof u.IiU||e instanceof u.xgV?Re(e.def.innerType):e}o(Re,"unwrapped");const Su=new Set(["content","script"]);function Tu(e,t,n){return new xu(t,n).map(e)}o(Tu,"substitute");class xu{static{o(this,"Substitution")}#e;#t;constructor(t,n){this.#e=t,this.#t=n}map(t){const n=new Map;for(const[s,i]of t.entries){const r=Su.has(s)?i.value:this.#n(i.value);r&&n.set(s,{...i,value:r})}return{...t,entries:n}}#n(t){if(t.kind!=="map"||!t.entries.has("when"))return this.#i(t);const n=this.map(he(t,"when"));if(this.#s(t.entries.get("when").value))return n.entries.get("item")?.value??n}#s(t){const n=t.kind==="scalar"?t.value:void 0;return ou(n,this.#e,t.at,this.#t)}#i(t){return t.kind==="map"?this.map(t):t.kind==="list"?this.#r(t):typeof t.value=="string"?this.#o(t,t.value):t}#r(t){const n=t.items.flatMap(s=>{const i=this.#n(s);return(s.kind!=="list"&&i?.kind==="list"?i.items:[i]).filter(a=>a!==void 0)});return{...t,items:n}}#o(t,n){const s=this.#e.substitute(n,t.at);if(!Array.isArray(s))return{...t,value:s??""};const i=s.map(r=>({kind:"scalar",at:t.at,value:r}));return{kind:"list",at:t.at,items:i}}}async function Ru(e){const t=new fd,n=await Es(e.file,e,t),s=[];for(const d of e.layers){const h=await Es(Iu(e.file,d),e,t);h&&s.push(h)}t.throwIfAny();const i=s.reduce((d,h)=>bd(d,_u(h,t),t),n),r=Au(i,e.variables,t),a=vs(gu,r,t);t.throwIfAny();const c=s.map(d=>String(Te(d.entries.get("layer").value))),l=Fd({document:a,tree:r,layers:c,problems:t});return t.throwIfAny(),l}o(Ru,"loadRecipe");function Iu(e,t){return/[/\\]|\.ya?ml$/.test(t)?t:(0,U.join)((0,U.dirname)(e),"layers",`${t}.yml`)}o(Iu,"layerPath");async function Es(e,t,n){try{return pd(e,await t.readFile(e),n)}catch(s){n.add({file:e,line:1,column:1},`the file cannot be read: ${(0,p.bD)(s)}`);return}}o(Es,"readSource");function _u(e,t){e.entries.get("layer")||t.add(e.at,'a layer begins with "layer: <name>"');const s=e.entries.get("name");return s&&t.add(s.keyAt,'a layer has no "name" of its own, only "layer: <name>"'),he(e,"name")}o(_u,"checkLayer");function Au(e,t,n){const s=e.entries.get("variables")?.value,i=s?Ou(s,n):new Map,r=new su(i,t,n),a=Tu(he(e,"variables"),r,n);return r.reportUnused(),a}o(Au,"putVariablesIn");function Ou(e,t){const n=e.kind==="map"?vs($u,e,t):void 0;e.kind!=="map"&&t.add(e.at,'"variables" is a map of names');const s=e.kind==="map"?[...e.entries.keys()]:[];return new Map(s.map(i=>{const r=yt(e,[i]),a=n?.[i]??{type:"string",description:"",default:""};return Nu(i,a,c=>t.add(r,c)),[i,{declaration:a,at:r}]}))}o(Ou,"readDeclarations");function Nu(e,t,n){const{type:s,values:i}=t;s==="enum"!=(i!==void 0)&&n(`"${e}": "values" belongs to variables of type enum, and only to them`);const r=Cu(t);r&&n(`"${e}": the default is wrong: ${r}`)}o(Nu,"load_checkDefault");const Lu={integer:"number",boolean:"boolean",list:"object"};function Cu(e){const{type:t,default:n}=e;if(n===void 0||typeof n=="string"&&n.includes("${"))return;if(typeof n!==(Lu[t]??"string"))return`it is not of type ${t}`;if(t==="list")return;const s=St(e,String(n));return"wrong"in s?s.wrong:void 0}o(Cu,"wrongDefault");const Pu=(0,U.join)((0,U.dirname)(process.argv[1]??""),"..","..","recipes");function Mu(e,t=Pu){return/[/\\]|\.ya?ml$/.test(e)?e:(0,U.join)(t,`${e}.yml`)}o(Mu,"recipeFile");function Du(e){const t=e["ca-certificates"];return Ru({file:Mu(e.recipe),readFile:o(n=>(0,le.readFile)(n,"utf8"),"readFile"),layers:e.layers,variables:{...t&&{"ca-certificates":t},...e.variables}})}o(Du,"loadInputRecipe");function Uu(e,t){const[n,s]=[e["cilium-pool-start"],e["cilium-pool-stop"]];return{...t,imageNamePrefix:e["image-name-prefix"],network:e.network,staticNetwork:Fu(e),storageClass:e["storage-class"],builder:zu(e),proxy:{http:e["http-proxy"],https:e["https-proxy"],no:e["no-proxy"]},builderSshKeys:e["builder-ssh-keys"],sshAuthorizedKeys:e["ssh-authorized-keys"],ciliumPool:n&&s?{start:n,stop:s}:void 0,force:e.force,maxAge:e["max-age"],importRetries:e["import-retries"],keepFailed:e["keep-failed"],limits:{...Ae.dR,provision:e["provision-timeout"],bake:e["bake-timeout"],import:e["import-timeout"],cleanup:e["cleanup-timeout"],stall:e["stall-timeout"]}}}o(Uu,"requestOf");function zu(e){const t=e["builder-image"];return{cpu:e["builder-cpu"],memory:e["builder-memory"],diskSize:e["builder-disk-size"],image:t===void 0?void 0:{url:t,sha512:e["builder-image-sha512"]},keepImage:e["keep-builder-image"],efi:e["builder-efi"]}}o(zu,"builderMachine");function Fu(e){const t=e["static-ip"];return t===void 0?void 0:{address:t,gateway:e.gateway,nameservers:e.nameservers}}o(Fu,"staticNetwork");var At=m(2893);function Gu(e,t){const{image:n,verdict:s,left:i}=t,r=new Ee().heading(t.skipped?`Skipped: ${t.reason}`:`Golden image ${n.displayName}`);return r.table(["What","Value"],Bu(e,t)),s&&r.raw(Qn(s)),r.timeline("Phases",Ss(t.timings)),r.details("Use it in a cluster",a=>{a.paragraph("terraform.tfvars").code(t.tfvars,"hcl"),a.paragraph("cloud-init of control-plane nodes").code(t.controlPlaneCloudInit,"yaml"),a.paragraph("cloud-init of workers").code(t.workerCloudInit,"yaml")}),i.length>0&&r.heading("Still there",3).table(["What","Why"],i.map(({what:a,why:c})=>[a,c])),r}o(Gu,"resultSummary");function Bu(e,t){const{image:n,sha512:s,size:i,virtualSize:r,fingerprint:a}=t,{recipe:c}=e;return[["Image",n.id],["Storage class",n.storageClassName],["Recipe",[c.name,...c.layers].join(" + ")],["SHA-512",s&&`${s.slice(0,64)}
${s.slice(64)}`],["Size",`${(0,T.z)(i)}${r?`, disk ${(0,T.z)(r)}`:""}`],["Fingerprint",a]].filter(d=>d[1]!==void 0)}o(Bu,"imageRows");function Hu({error:e,verdict:t,timings:n}){const s=new Ee().heading(`The golden build failed: ${e.code}`).paragraph(e.message);return e.mend&&s.paragraph(e.mend),t?s.raw(Qn(t)):e.evidence.length>0&&s.code(e.evidence.join(`
`),"text"),s.timeline("Phases",Ss(n))}o(Hu,"failureSummary");function Ku(e,t){return new Ee().heading("Plan of a golden build").paragraph(t).code((0,Ae.HN)(e).join(`
`),"text")}o(Ku,"planSummary");function Ss(e){let t=0;return e.flatMap(({phase:n,duration:s,outcome:i,steps:r})=>{const a=t;t+=s;const c=i==="failed";let l=t-r.reduce((h,g)=>h+g.duration,0);const d=r.map((h,g)=>{const $=l;return l+=h.duration,{label:`\xB7 ${h.name}`,start:$,end:l,failed:c&&g===r.length-1}});return[{label:n,start:a,end:t,failed:c},...d]})}o(Ss,"bars");async function Wu(e){const{inputs:t,env:n,log:s}=e,i=await Du(t),r=i.certificates.map(({pem:l})=>l),a=As({ca:r,env:n}),c=await(0,cd.b)(t,{env:n,log:s});try{const{namespace:l}=c,d=(0,Ae.d5)(Uu(t,{recipe:i,runId:ld(n),namespace:l}),_.ml);await(t["dry-run"]?ju(d,{...e,kube:c,http:a}):Vu(d,{...e,kube:c,http:a}))}finally{await c.close(),await a.close()}}o(Wu,"build");async function ju(e,{kube:t,http:n,log:s,signal:i,env:r}){await s.group("Recipe",async()=>s.info(Wl(e.recipe)));for(const d of(0,Ae.HN)(e))s.info(d);const a=o(d=>s.debug(d),"progress"),{decision:c}=await mi(e,{kube:t,http:n,clock:_.ml,log:s,signal:i,progress:a,step:a}),l=c.skip?"A build would be skipped":"A build would bake";Fe({skipped:!0,"skip-reason":`dry run: ${c.reason}`}),await $t(Ku(e,`${l}: ${c.reason}.`),r)}o(ju,"dryRun");async function Vu(e,t){const{kube:n,http:s,log:i,signal:r,env:a}=t,c=new zs(Zu(e,t)),l=(0,L.randomBytes)(24).toString("hex");await(0,sd.$)(l);const d={runId:e.runId,namespace:e.namespace};(0,wt.LZ)(At.o,d),Fe({"output-folder":c.path});const h=dd(a),g=new Kl(e,{kube:n,http:s,clock:_.ml,log:i,signal:r,output:c,origin:h,token:l});try{const $=await g.run();$.left.length===0&&(0,wt.LZ)(At._,!0),await Yu(e,$,a)}catch($){const x=(0,p.Oy)($,"building the golden image");e.keepFailed&&!r.aborted&&(0,wt.LZ)(At._,!0);const{files:ne,timings:Y,verdict:ge}=g;throw Fe({...qu(ne),"phase-timings":os(Y)}),await $t(Hu({error:x,verdict:ge,timings:Y}),a),x}finally{await ad(c.files,a)}}o(Vu,"bakeAndReport");async function Yu(e,t,n){Fe(ud(t)),await $t(Gu(e,t),n)}o(Yu,"publish");const qu=o(e=>({manifest:e.manifest,verdict:e.verdict,"build-record":e.buildRecord}),"fileOutputs");function Zu(e,{inputs:t,env:n}){return t["output-folder"]??(0,U.join)(n.RUNNER_TEMP??".",`golden-build-${e.runId}`)}o(Zu,"outputFolder")}),2893:((Ie,se,m)=>{m.d(se,{_:o(()=>U,"_"),o:o(()=>L,"o")});const L="run",U="settled"}),3464:((Ie,se,m)=>{m.d(se,{i:o(()=>p,"i")});var L=m(7030),U=m(5145),_=m(6089);function p(y,E){const z=o(H=>E[H]||E[H.toUpperCase()]||void 0,"read"),R=z(y.protocol==="https:"?"https_proxy":"http_proxy");if(!R||We(y.hostname)||He(y,z("no_proxy")??""))return;const S=R.includes("://")?R:`http://${R}`;if(URL.canParse(S)&&/^https?:$/.test(new URL(S).protocol))return S;throw new U.yo("PROXY_INVALID",`The proxy "${(0,_.B)(S)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}o(p,"proxyFor");function He(y,E){const z=$e(y.hostname),R=y.port||(y.protocol==="https:"?"443":"80");return E.split(/[\s,]+/).map(S=>S.toLowerCase()).filter(Boolean).some(S=>ie(S,z,R))}o(He,"bypassed");function ie(y,E,z){if(y==="*")return!0;if(y.includes("/"))return Ke(y,E);const[,R,S]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(y)??[];if(R===void 0||S&&S!==z)return!1;const H=$e(R).replace(/^\*?\./,"");return E===H||(0,L.isIP)(E)===0&&E.endsWith(`.${H}`)}o(ie,"matches");function Ke(y,E){const[z="",R=""]=y.split("/"),S=(0,L.isIP)(E);if(S===0||(0,L.isIP)(z)!==S||!/^\d+$/.test(R)||Number(R)>(S===4?32:128))return!1;const H=new L.BlockList,_e=S===4?"ipv4":"ipv6";return H.addSubnet(z,Number(R),_e),H.check(E,_e)}o(Ke,"inBlock");function We(y){const E=$e(y);return E==="localhost"||E.endsWith(".localhost")||E==="::1"||/^127\./.test(E)}o(We,"isLoopback");function $e(y){return y.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}o($e,"bare")})};
