var $h=Object.defineProperty;var o=(Re,se)=>$h(Re,"name",{value:se,configurable:!0});export const id=949,ids=[949],modules={7949:((Re,se,p)=>{p.d(se,{build:o(()=>dh,"build")});var U=p(7598),G=p(6760),A=p(2030),f=p(5145),Ae=p(2864),ke=p(3024),Q=p(1455);const _e=64<<20;class me{static{o(this,"OutputFolder")}path;#e=[];#t;#n=0;constructor(t){this.path=t}get files(){return this.#e}async save(t,n){const s=this.#i(t);return await(0,Q.writeFile)(s,typeof n=="string"?n:`${JSON.stringify(n,null,2)}
`),s}record=o(t=>{this.#n>_e||(this.#t??=(0,ke.createWriteStream)(this.#i("console.log")),this.#n+=t.length+1,this.#t.write(`${t}
`))},"record");async open(){await(0,Q.mkdir)(this.path,{recursive:!0})}async close(){await new Promise(t=>this.#t?this.#t.end(t):t())}#i(t){const n=(0,G.join)(this.path,t);return this.#e.includes(n)||this.#e.push(n),n}}var I=p(329),k=p(188),C=p(775);function M(e,t){const{verb:n,resource:s,subresource:i}=e,r=i?`${(0,C.I)(s)}/${i}`:(0,C.I)(s);return s.namespaced?`${n} ${r} in namespace "${e.namespace??t}"`:`${n} ${r}`}o(M,"permissionText");async function N(e,t,n={}){const s=await Promise.all(t.map(r=>e.accessReview(r,n))),i=t.filter((r,a)=>!s[a].allowed);if(i.length!==0)throw new f.eG("KUBE_FORBIDDEN",`The kubeconfig's user lacks ${i.length} of ${t.length} permissions on ${e.server}.`,{evidence:i.map(r=>M(r,e.namespace)),mend:"Bind a Role with these permissions to it; docs/actions/harvester-golden-build.md has the whole Role."})}o(N,"requireAccess");var E=p(5889),D=p(7005);const ot=[[k.Tx,["get","list","watch","create","patch","delete"]],[k.dr,["get","list","watch","create","patch","delete"]],[k.Bg,["get"]],[D.cW,["get","create","patch","delete"]],[D.h0,["get","list","delete"]],[D.Dp,["get","list"]],[D.Dp,["get"],"log"]];function at(e){return ot.flatMap(([t,n,s])=>n.map(i=>({verb:i,resource:t,namespace:e.namespace,...s&&{subresource:s}})))}o(at,"neededAccess");async function xe(e,t){const{kube:n,signal:s,log:i}=t;try{await N(n,at(e),{signal:s})}catch(r){if(!(((0,E.c4)(r)||(0,E.US)(r))&&"status"in r))throw r;i.debug("the cluster does not answer questions about permissions")}}o(xe,"checkAccess");async function We(e,t){if(!e.network)return;const[n,s]=e.network.split("/"),{kube:i,signal:r,log:a}=t;await i.get(k.MW,{namespace:n,name:s},{signal:r}).catch(c=>{if(!(0,E.US)(c))throw c;a.debug(`network ${e.network}: may not be read, so it is not checked`)})}o(We,"checkNetwork");const ct="1";var F=p(5902),Oe=p(8338);async function Ne(e,t,n,s){const{ours:i,signal:r}=s;try{return{object:await e.create(t,n,{signal:r}),outcome:"created"}}catch(a){if(!(0,E.x9)(a)&&!(0,E.dg)(a))throw a;const c=await e.get(t,n.metadata,{signal:r}).catch(()=>{});if(!c||!i(c))throw a;return{object:c,outcome:"adopted"}}}o(Ne,"createOrAdopt");const Le=500,lt=15e3,je=8;async function*dt(e){const{kube:t,resource:n,clock:s,signal:i}=e,r={namespace:e.namespace,labelSelector:e.labelSelector,fieldSelector:e.name&&`metadata.name=${e.name}`,signal:i};let a,c=0;for(;;){(0,A.Te)(i);try{if(a===void 0){const l=await t.list(n,r);a=l.resourceVersion,yield{kind:"listed",objects:l.items}}for await(const l of t.watch(n,{...r,resourceVersion:a})){if(c=0,l.type==="BOOKMARK"){a=l.resourceVersion;continue}a=l.object.metadata.resourceVersion??a,yield{kind:l.type==="DELETED"?"deleted":"changed",object:l.object}}await s.sleep(Le,i)}catch(l){if((0,A.Te)(i),l instanceof E.a3&&l.code==="KUBE_GONE"){a=void 0;continue}if(!(0,E.dg)(l)||++c>=je)throw l;await ut(l,c,e)}}}o(dt,"observe");async function ut(e,t,n){const s=Math.min(lt,Le*2**t);n.log.info(`watching ${n.resource.plural}: attempt ${t} of ${je} failed: ${(0,f.bD)(e)}; next in ${(0,F.a)(s)}`),await n.clock.sleep(s,n.signal)}o(ut,"pauseAfter");async function Ve(e){const{clock:t,judge:n,tick:s=1e3}=e,i=new AbortController,r=e.signal?AbortSignal.any([e.signal,i.signal]):i.signal,a=dt({...e,signal:r});let c,l=!1,d=a.next();try{for(;;){const m=new AbortController,$=t.sleep(s,AbortSignal.any([r,m.signal])).then(()=>{},y),b=await Promise.race([d,$]);m.abort(),(0,A.Te)(e.signal),b&&!b.done&&(c=b.value.kind==="listed"?b.value.objects[0]:w(b.value),l=!0,d=a.next());const x=l?n(c):void 0;if(x!==void 0)return x}}finally{i.abort(),d.catch(()=>{})}}o(Ve,"waitForObject");function w(e){return e.kind==="deleted"?void 0:e.object}o(w,"present");const y=o(()=>{},"onlyTimer");var g=p(7702);const S="harvesterhci.io/imageDisplayName",v="harvesterhci.io/storageClassName",T="harvesterhci.io/image-name",B="field.cattle.io/description",P="harvesterhci.io/image-type";function Y(e){if(e.sha512!==void 0&&!/^[0-9a-f]{128}$/.test(e.sha512))throw new f.Gd("INTERNAL",`"${e.sha512}" is not a SHA-512 in hex`);const{displayName:t=e.name}=e,n=(0,g.Nt)(e.ownership);return{apiVersion:(0,C.X)(k.Tx),kind:k.Tx.kind,metadata:{name:e.name,namespace:e.namespace,labels:{[P]:"raw_qcow2",...e.labels,...n.labels,[S]:t},annotations:{...e.annotations,...n.annotations,...e.storageClass&&{[v]:e.storageClass},...e.origin.kind==="file"&&{[T]:e.origin.name},...e.description&&{[B]:e.description}}},spec:{displayName:t,...ee(e.origin),...e.backend&&{backend:e.backend},...e.sha512&&{checksum:e.sha512},retry:e.retry,storageClassParameters:{numberOfReplicas:"3",staleReplicaTimeout:"30",migratable:"true"}}}}o(Y,"imageObject");function ee(e){switch(e.kind){case"url":return{sourceType:"download",url:e.url};case"file":return{sourceType:"upload"};case"volume":return{sourceType:"export-from-volume",pvcNamespace:e.namespace,pvcName:e.name};default:return(0,f.HB)(e)}}o(ee,"originSpec");var ce=p(6089);const Pe=3;function ie(e){const{failed:t=0,progress:n=0,storageClassName:s=""}=e.status??{},i=Ce(e,"Imported"),r=Ce(e,"RetryLimitExceeded");if(i?.status==="True")return s===""?{state:"importing",progress:n,text:"imported; its storage class is not known yet"}:{state:"imported",storageClassName:s};const a=ei(e),c=e.spec.retry??Pe;return r?.status==="True"||i?.status==="False"||t>c?{state:"failed",message:a||"no reason given",attempts:Math.max(1,t)}:t>0&&r?.message?{state:"retrying",progress:n,text:`attempt ${t} of ${c+1} failed: ${r.message}`}:tn(e)?{state:"importing",progress:n,text:`importing, ${n} %`}:{state:"waiting",progress:n,text:"waiting for Harvester to begin the import"}}o(ie,"importState");function en(e){return Ce(e,"BackingImageMissing")?.status==="True"}o(en,"isBroken");function tn(e){return Ce(e,"Initialized")?.status==="True"}o(tn,"isInitialized");function nn(e){const{progress:t=0,failed:n=0,size:s=0,conditions:i=[]}=e.status??{},r=i.map(({type:a,status:c,message:l=""})=>`${a}=${c} ${l}`);return JSON.stringify([t,n,s,r])}o(nn,"importPulse");function sn(e){return(e.status?.conditions??[]).map(({type:t,status:n,reason:s="",message:i=""})=>`${t}=${n} ${s} ${i}`.trim())}o(sn,"conditionLines");function Ce(e,t){return e.status?.conditions?.find(n=>n.type===t)}o(Ce,"condition");function ei(e){return["RetryLimitExceeded","Imported","Initialized"].map(n=>Ce(e,n)?.message).find(n=>n)??""}o(ei,"failureMessage");const ti=[{text:/expected checksum .* doesn't match/,code:"HARVESTER_CHECKSUM_MISMATCH",mend:"The bytes Harvester received are not those that were announced: compare the SHA-512 of the source with the given one, and look for a proxy in between."},{text:/status code from|no such host|connection refused|no route to host|i\/o timeout|Client\.Timeout|x509|tls:/,code:"HARVESTER_SOURCE_UNREACHABLE",mend:"The nodes of Harvester (not this machine) must reach the URL with HEAD and GET: check routes between the management and the VM network, http-proxy/noProxy and additional-ca in its settings."},{text:/strconv\.Atoi/,code:"HARVESTER_STORAGE_PARAMETERS",mend:"The storage class parameters of the image have no number of replicas: name a Longhorn class as storage-class, and look at Harvester's webhook, which fills them in."},{text:/is being deleted/,code:"HARVESTER_NAME_STILL_DELETING",mend:"An earlier image of this name is not quite gone: try again in a minute, or use a new name."}],ni={code:"HARVESTER_IMPORT_FAILED",mend:"See the BackingImage in longhorn-system for more."};function si(e,t,n){const{name:s,namespace:i}=e.metadata,{code:r,mend:a}=ti.find(({text:l})=>l.test(t))??ni,c=e.spec.url?(0,ce.B)(e.spec.url):e.spec.sourceType;return new f.eG(r,`Harvester gave up importing ${i}/${s} from ${c} after ${n===1?"one attempt":`${n} attempts`}: ${t}`,{mend:a,evidence:sn(e)})}o(si,"importFailed");function ii(e,t){const{name:n,namespace:s}=e.metadata;return new f.eG("HARVESTER_IMPORT_STALLED",`The import of ${s}/${n} has not moved for ${(0,F.a)(t)} (${e.status?.progress??0} %).`,{evidence:sn(e),mend:"Usual causes: Longhorn's disks are full, or Harvester's http-proxy setting catches a private address (add it to noProxy); see the BackingImage in longhorn-system."})}o(ii,"importStalled");function ri({namespace:e,name:t}){return new f.eG("HARVESTER_IMAGE_GONE",`The image ${e}/${t} was deleted while it was being imported.`,{mend:"Find out who deletes images in this namespace; start again."})}o(ri,"imageGone");function oi({url:e,...t}){return Y({...t,origin:{kind:"url",url:e}})}o(oi,"downloadImage");async function rn(e,t,n){try{const s=o(i=>(0,g.NG)(i,n.runId)&&!i.metadata.deletionTimestamp&&i.spec.url===t.spec.url,"ours");return(await Ne(e,k.Tx,t,{ours:s,signal:n.signal})).object}catch(s){throw!(0,E.x9)(s)&&!ai(s)?s:new f.eG("HARVESTER_NAME_TAKEN",`An image named "${t.metadata.name}" already exists in namespace "${t.metadata.namespace}".`,{mend:"Choose another name, or remove that image.",cause:s})}}o(rn,"createImage");const ai=o(e=>e instanceof E.a3&&e.status===409&&e.message.includes("same name exists"),"isNameTaken");async function on(e,t){const{items:n}=await e.list(k.Tx,t);return n.filter(s=>!s.metadata.deletionTimestamp&&!en(s)).filter(s=>ie(s).state==="imported"&&t.where(s)).sort((s,i)=>an(s)<an(i)?1:-1)}o(on,"findImported");const an=o(e=>e.metadata.creationTimestamp??"","createdAt");function Ye(e){const{name:t,namespace:n="default"}=e.metadata,{storageClassName:s="",size:i=0,virtualSize:r}=e.status??{};return{id:`${n}/${t}`,namespace:n,name:t,displayName:e.spec.displayName,storageClassName:s,size:i,...r!==void 0&&{virtualSize:r},...e.spec.checksum&&{checksum:e.spec.checksum}}}o(Ye,"importedImage");async function cn(e){return Ye(await ln(e))}o(cn,"waitForImport");function ln(e){return dn(e,t=>ie(t).state==="imported")}o(ln,"waitForImported");function ci(e){return dn(e,tn)}o(ci,"waitForInitialized");function dn(e,t){const{clock:n,log:s,progress:i}=e;let r="",a=n.monotonic(),c="";return Ve({...e,resource:k.Tx,judge:o(l=>{if(!l)throw ri(e);if(t(l))return l;const d=ie(l);if(d.state==="imported")return l;if(d.state==="failed")throw si(l,d.message,d.attempts);if(nn(l)!==r&&([r,a]=[nn(l),n.monotonic()]),n.monotonic()-a>e.stallAfter)throw ii(l,e.stallAfter);d.state==="retrying"&&d.text!==c&&s.warning(`${e.name}: ${d.text}`),d.state==="retrying"&&(c=d.text),i(`image ${e.namespace}/${e.name}: ${d.text}`)},"judge")})}o(dn,"followImport");function li(e,t,n={}){const s={metadata:{annotations:{...n.annotations,[g.Zy]:null}}};return e.mergePatch(k.Tx,t,s,{signal:n.signal})}o(li,"keepImage");function di(e,t){const n=new Set(e.split(/\r?\n/).flatMap(s=>ui(s,t)));return n.size===1?[...n][0]:void 0}o(di,"sha256FromChecksumFile");function ui(e,t){const n=/^SHA256 \((.+)\) = ([0-9a-fA-F]{64})\s*$/.exec(e),s=/^\\?([0-9a-fA-F]{64}) [ *](?:\.\/)?(.+?)\s*$/.exec(e),[i,r]=n?[n[1],n[2]]:[s?.[2],s?.[1]];return i===t&&r?[r.toLowerCase()]:[]}o(ui,"entryOf");var Me=p(9955);const fi=1<<20,hi=3e4;async function un(e,t,n){const s=await mi(e.recipe.base,t,n),i=await Promise.all(e.recipe.repositories.map(l=>pi(l,t,n))),r=i.filter(l=>l!==void 0);if(r.length<i.length)return{baseSha256:s,repositories:r};const{recipeDigest:a}=e,c=(0,Me.ax)({recipeDigest:a,baseSha256:s,repositories:r,bakeVersion:ct});return{baseSha256:s,repositories:r,fingerprint:c}}o(un,"readInputs");async function mi(e,t,n){if(e.sha256)return e.sha256;const s=decodeURIComponent(new URL(e.url).pathname.split("/").at(-1)),i=await fn(e.checksumUrl,t,n).catch(a=>{throw new f.eG("BASE_CHECKSUM_UNREACHABLE",`The checksum file of the base image cannot be read: ${a.message}`,{mend:"Make it reachable from this machine, or give base.sha256 in the recipe.",cause:a})}),r=di(i,s);if(r)return r;throw new f.yo("BASE_CHECKSUM_MISSING",`${e.checksumUrl} has no single SHA-256 for "${s}".`,{mend:"Correct base.checksumUrl or base.url in the recipe: the file's name must be in the checksum file."})}o(mi,"baseSha256Of");async function pi(e,t,n){const s=`${e.baseurl.replace(/\/$/,"")}/repodata/repomd.xml`;try{const i=await fn(s,t,n),r=/<revision>\s*([^<\s]+)\s*<\/revision>/.exec(i)?.[1]??(0,Oe.qQ)("sha256",i);return{id:e.id,revision:r}}catch(i){if(n.signal.aborted)throw i;n.log.info(`repository ${e.id}: its revision cannot be told: ${i.message}`);return}}o(pi,"revisionOf");async function fn(e,t,{signal:n}){const s=await t.request(e,{signal:n,timeout:hi});if(s.status!==200)throw s.body.destroy(),new f.eG("HTTP_STATUS",`${s.url} answered ${s.status}.`);return s.text(fi)}o(fn,"fetchText");function hn(e,t,n){if(n.force)return{skip:!1,reason:"forced"};if(!e.fingerprint)return{skip:!1,reason:"a repository could not be read, so changes cannot be ruled out"};const s=t.find(r=>r.metadata.annotations?.[g.lj]===e.fingerprint&&!(0,g.ey)(r));if(!s)return{skip:!1,reason:"no image has been baked from these inputs"};const i=n.now-Date.parse(s.metadata.creationTimestamp??"");return n.maxAge!==void 0&&!(i<=n.maxAge)?{skip:!1,reason:`${s.metadata.name} has the same inputs but is older than ${(0,F.a)(n.maxAge)}`}:{skip:!0,image:s,reason:`nothing changed since ${s.metadata.name}`}}o(hn,"decideSkip");function mn(e,t,n){const s=(0,g.KT)(e.recipe.name);return on(t,{namespace:e.namespace,labelSelector:s,where:o(()=>!0,"where"),signal:n})}o(mn,"imagesOfRecipe");async function gi(e,t){const{kube:n,http:s,clock:i,log:r,signal:a}=t;await xe(e,t),await We(e,t);const c=await un(e,s,t),l=await mn(e,n,a),d=hn(c,l,{force:e.force,maxAge:e.maxAge,now:i.now()});return r.info(`${d.skip?"would be skipped":"would bake"}: ${d.reason}`),{inputs:c,decision:d}}o(gi,"rehearse");function $i(e,t,n){const{recipe:s,recipeDigest:i,builder:r,names:a}=e,{inputs:c,baked:l,verdict:d,error:m,timings:$,start:b,end:x}=n,{origin:J,pathname:ae}=new URL(s.base.url);return{schema:"rke2-actions.build-record/v1",kind:"golden",name:a.image,runId:e.runId,status:m?"failed":"succeeded",...m&&{error:{code:m.code,message:m.message}},origin:t,inputs:{base:{url:`${J}${ae}`,...c&&{sha256:c.baseSha256}},recipe:{name:s.name,digest:i,layers:s.layers},repositories:c?.repositories??[],...c?.fingerprint&&{fingerprint:c.fingerprint}},builder:{cpu:r.cpu,memory:r.memory,...l?.acceleration&&{acceleration:l.acceleration}},outputs:n.image&&l?[wi(n.image,l)]:[],checks:d?{outcome:d.outcome,rules:Object.fromEntries(d.results.map(({id:Ie,status:gh})=>[Ie,gh]))}:{},times:{start:b,end:x,phases:$}}}o($i,"buildRecord");function wi(e,{result:t}){return{name:e.displayName,digest:`sha512:${t.sha512}`,size:t.size,virtualSize:t.virtualSize,mediaType:"application/x-qemu-disk",location:`harvester:${e.id}`}}o(wi,"outputOf");var wh=p(1421),kh=p(8161),bh=p(481);async function ki(e,t,n={}){const{signal:s,onLine:i,keep:r=1<<20}=n;throwIfAborted(s);const a=spawn(e,t,{cwd:n.cwd,env:n.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),c=new AbortController,l=o(()=>{bi(a,n.grace??2e3,c.signal)},"onAbort");s?.addEventListener("abort",l,{once:!0});const d=pn(a.stdout,r),m=pn(a.stderr,r);i&&(createInterface({input:a.stdout}).on("line",$=>i($,"stdout")),createInterface({input:a.stderr}).on("line",$=>i($,"stderr"))),a.stdin.on("error",()=>{}),a.stdin.end(n.input??"");try{const $=await yi(a,e,n.cwd);return throwIfAborted(s),{exitCode:$,stdout:d(),stderr:m()}}finally{c.abort(),s?.removeEventListener("abort",l)}}o(ki,"runCommand");async function bi(e,t,n){const s=o(i=>{try{e.pid&&process.kill(process.platform==="win32"?e.pid:-e.pid,i)}catch{}},"kill");s("SIGTERM"),await systemClock.sleep(t,n).then(()=>s("SIGKILL"),()=>{})}o(bi,"stopGroup");function pn(e,t){const n=[];let s=0;return e.on("data",i=>{for(n.push(i),s+=i.length;n.length>1&&s-n[0].length>=t;)s-=n.shift().length}),()=>Buffer.concat(n).subarray(-t).toString("utf8")}o(pn,"keptEnd");function yi(e,t,n){return new Promise((s,i)=>{e.once("error",r=>i(vi(r,t,n))),e.once("close",(r,a)=>s(r??128+(a?constants.signals[a]:0)))})}o(yi,"exitCodeOf");function vi(e,t,n){if(e.code==="ENOENT"&&n!==void 0&&!existsSync(n)){const s=`The command "${t}" cannot run in ${n}: there is no such folder.`;return new EnvironmentError("COMMAND_NOT_STARTED",s,{cause:e})}return e.code==="ENOENT"?new EnvironmentError("COMMAND_NOT_FOUND",`The command "${t}" is not installed.`,{cause:e}):new EnvironmentError("COMMAND_NOT_STARTED",`The command "${t}" could not be started.`,{cause:e})}o(vi,"notStarted");async function yh(e,t,n={}){const s=await ki(e,t,n);if(s.exitCode!==0){const i=`${s.stdout}
${s.stderr}`.trim().split(`
`).slice(-20);throw new EnvironmentError("COMMAND_FAILED",`${Ei(e,t)} exited with ${s.exitCode}.`,{evidence:i})}return s}o(yh,"mustRun");function Ei(e,t){return[e,...t].map(K).join(" ")}o(Ei,"shellLine");function K(e){return/^[\w@%+=:,./-]+$/.test(e)?e:`'${e.replaceAll("'","'\\''")}'`}o(K,"shellQuote");const Si="R2A| ",ft="R2A-STEP-ENDED";function Ti(e,t){return`#!/bin/sh
# ${e}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${t.trim()}
); printf '\\n%s %s\\n' '${ft}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${ft} '*) exit "\${line#${ft} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${Si}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}o(Ti,"stepScript");function pe(e){return e.map(K).join(" ")}o(pe,"words");function gn(e,t="    "){return e.map(n=>`${t}${K(n)}`).join(` \\
`)}o(gn,"wordLines");function $n({required:e,forbidden:t}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${gn(t,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${gn(e,"        ")}; do
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
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}o($n,"commandLineFunctions");const ht="/boot/loader/entries/*.conf";function Ii(e){return`${$n(e)}

newest=''
for entry in ${ht}; do
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
fi`}o(Ii,"writeCommandLine");const Ri=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function Ai(e){return`${$n(e)}

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
for entry in ${ht}; do
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
    grep -q "^version[[:space:]]*$version\\$" ${ht} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`}o(Ai,"fixBootEntries");const mt="rke2-actions-files",wn=`/var/tmp/${mt}`,_i=`rm -r ${wn}`;function kn(e){return e.map(xi).join(`
`)}o(kn,"installFiles");function xi({path:e,mode:t,owner:n,group:s}){const i=K(e);return`install -D -o ${n} -g ${s} -m ${t} ${K(`${wn}${e}`)} ${i}
echo ${K(`${e} ${t} ${n}:${s}`)}`}o(xi,"installFile");function Oi(e){return e.map(({path:t,mode:n,owner:s,group:i})=>`install -d -o ${s} -g ${i} -m ${n} ${K(t)}`).join(`
`)}o(Oi,"makeDirectories");function Ni({downloads:e}){return e.map(({path:t,mode:n})=>`chown root:root ${K(t)}
chmod ${n} ${K(t)}
ls -l ${K(t)}`).join(`
`)}o(Ni,"settleDownloads");function Li({mode:e,type:t}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${e}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${t}/' /etc/selinux/config
grep -q '^SELINUX=${e}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${t}$' /etc/selinux/config`}o(Li,"setSelinux");function Pi({enable:e,disable:t,mask:n}){const s=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,i=`for unit in ${pe(t)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[t.length>0&&`${s}
${i}`,n.length>0&&`systemctl mask ${pe(n)}`,e.length>0&&`systemctl enable ${pe(e)}`].filter(Boolean).join(`
`)}o(Pi,"setServices");function Ci({script:e,environment:t={}}){return`${Object.entries(t).map(([s,i])=>`${s}=${K(i)}
`).join("")}${e}`}o(Ci,"runOwnCommand");function pt(e){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...e.repositories.map(({id:n})=>`--enablerepo=${n}`)].join(" ")}`}o(pt,"dnf");const Mi="update-ca-trust";function bn(e){const t=e.repositories.flatMap(i=>i.replaces),n=e.otherRepositories==="disable"?"all":t.join(" ");return`ours=' ${e.repositories.map(({id:i})=>`/etc/yum.repos.d/${i}.repo`).join(" ")} '
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
done`}o(bn,"disableRepositories");function Di(e){return`found=''
for name in ${pe(e.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}o(Di,"removePackages");function Ui(e){return`${pt(e)} upgrade`}o(Ui,"updatePackages");function zi(e){return`${pt(e)} install ${pe(e.packages.install)}`}o(zi,"installPackages");const Gi="pending security update: ",Fi="pending security updates: ";function Bi(e){return`list=$(${pt(e)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${Gi}$line"
done <<END
$list
END
echo "${Fi}$count"`}o(Bi,"listPendingUpdates");function Hi(e){const{install:t,absent:n}=e.packages,s=`for name in ${pe(t)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,i=`for name in ${pe(n)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",t.length>0&&s,n.length>0&&i,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}o(Hi,"checkPackages");const qe="/etc/.resolv.conf.sealed",Ki=["/etc/machine-id","/etc/resolv.conf"];function Wi({sealing:e}){const t=e.emptied.filter(n=>!Ki.includes(n));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${e.removed.map(n=>`rm -rf -- ${n}`).join(`
`)}
${t.map(n=>`: >${n}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}o(Wi,"seal");function ji({selinux:e,sealing:t}){const n=t.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${qe}
chmod 0644 ${qe}
: >${qe}`:"";return`contexts=/etc/selinux/${e.type}/contexts/files/file_contexts
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
echo "labelled by $contexts: /$mounted"`}o(ji,"relabel");function yn(e){return`downloads/${e.sha256}`}o(yn,"stagedDownload");function vn(e){const t=Vi(e),n=t.map(Qi);return{commands:t.map((i,r)=>i.command??`run @STAGE@/${n[r].name}`).map(i=>`${i}
`).join(""),files:[...e.files.map(er),...n.filter((i,r)=>t[r].script!==void 0)],steps:t.map(({id:i,title:r})=>({id:i,title:r}))}}o(vn,"renderCustomize");const En=new Set(["certificates","repositories","initramfs","services"]);function Vi(e){const t=e.files.filter(s=>En.has(s.origin)),n=e.files.filter(s=>!En.has(s.origin));return[...Yi(e,t),...qi(e),...Zi(e,n),...Xi(e),...Ji(e)]}o(Vi,"stepsOf");function Yi(e,t){const n=e.downloads.length>0?[...new Set(e.downloads.map(({path:s})=>tr(s)))]:[];return Ze([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${mt}:/var/tmp`},...n.map((s,i)=>({id:`download-folder-${i+1}`,title:`Make ${s}`,command:`mkdir ${s}`})),...e.downloads.map((s,i)=>({id:`download-${i+1}`,title:`Put ${s.path} in place`,command:`upload @STAGE@/${yn(s)}:${s.path}`})),e.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:Ni(e)},t.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:kn(t)},e.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:Mi},{id:"repositories",title:"Switch off replaced repositories",script:bn(e)},{id:"kernel-command-line",title:"Write the kernel command line",script:Ii(e.kernelCommandLine)}])}o(Yi,"stageSteps");function qi(e){const{absent:t,update:n,install:s}=e.packages;return Ze([t.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:Di(e)},n&&{id:"update-packages",title:"Update all packages",script:Ui(e)},s.length>0&&{id:"install-packages",title:"Install packages",script:zi(e)},{id:"check-packages",title:"Check what is installed",script:Hi(e)},{id:"pending-updates",title:"List pending security updates",script:Bi(e)},{id:"repositories-again",title:"Switch off what packages brought back",script:bn(e)}])}o(qi,"packageSteps");function Zi(e,t){return Ze([e.directories.length>0&&{id:"directories",title:"Make directories",script:Oi(e.directories)},{id:"files",title:"Install files",script:[kn(t),_i].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:Li(e.selinux)},{id:"services",title:"Choose services",script:Pi(e.services)},...e.commands.map(n=>({id:n.id,title:n.title,script:Ci(n)}))])}o(Zi,"contentSteps");function Xi(e){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:Ri},{id:"boot-entries",title:"Correct and check the boot entries",script:Ai(e.kernelCommandLine)}]}o(Xi,"bootSteps");function Ji(e){const{emptied:t}=e.sealing;return Ze([{id:"seal",title:"Remove what belongs to one machine",script:Wi(e)},{id:"relabel",title:"Label all files for SELinux",script:ji(e)},t.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${qe}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...t.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}o(Ji,"sealingSteps");function Ze(e){return e.filter(t=>t!==!1)}o(Ze,"customize_present");function Qi({id:e,title:t,script:n=""},s){return{name:`steps/${String(s+1).padStart(2,"0")}-${e}.sh`,content:Ti(t,n),mode:"0644"}}o(Qi,"stagedScript");function er(e){return{name:`${mt}${e.path}`,content:e.content,mode:"0600"}}o(er,"stagedFile");const tr=o(e=>e.slice(0,e.lastIndexOf("/"))||"/","customize_parent"),re=o((e,t)=>({owner:"root",group:"root",mode:"0644",...t,origin:e}),"file");function nr(e){return e.map(({name:t,pem:n})=>re("certificates",{path:`/etc/pki/ca-trust/source/anchors/${t}.pem`,content:n}))}o(nr,"certificateFiles");function sr(e){return e.flatMap(t=>{const{armoured:n,file:s}=t.gpgKey,i=n?[re("repositories",{path:s,content:`${n.trim()}
`})]:[],r=re("repositories",{path:`/etc/yum.repos.d/${t.id}.repo`,content:Sn(t)});return[...i,r]})}o(sr,"repositoryFiles");function Sn({id:e,name:t,baseurl:n,enabled:s,repoGpgcheck:i,gpgKey:r}){return`[${e}]
name=${t}
baseurl=${n}
enabled=${s?1:0}
gpgcheck=1
repo_gpgcheck=${i?1:0}
gpgkey=file://${r.file}
skip_if_unavailable=0
`}o(Sn,"repositoryText");function ir(e){if(e.length===0)return[];const t=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${e.join(" ")} "
`;return[re("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:t})]}o(ir,"initramfsFiles");function rr(e){return Object.entries(e).map(([t,n])=>{const s=Object.entries(n).map(([i,r])=>`${i} = ${r}
`);return re("sysctls",{path:`/etc/sysctl.d/${t}.conf`,content:s.join("")})})}o(rr,"sysctlFiles");function or(e){if(e.length===0)return[];const t=e.map(n=>`${n}
`).join("");return[re("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:t})]}o(or,"kernelModuleFiles");function ar({enable:e,disable:t,mask:n}){const s=[...e.map(i=>`enable ${i}
`),...[...t,...n].map(i=>`disable ${i}
`)];return s.length===0?[]:[re("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:s.join("")})]}o(ar,"presetFiles");function cr(e){if(!e)return[];const t=o((n,s)=>re("firewall",{path:`/etc/sysconfig/${n}`,content:s,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[t("iptables",e.ipv4),t("ip6tables",e.ipv6)]}o(cr,"firewallFiles");function lr(e,t){const n=Object.entries(t).map(([s,i])=>`GOLDEN_${s}="${i.replace(/(["\\$`])/g,"\\$1")}"
`);return re("release",{path:e,content:n.join("")})}o(lr,"releaseFile");var be=p(7030),Tn=p(8522),q=p(8815),R=p(6351);const In=1024*1024-1024;function dr(e,t,n){const s={ssh_pwauth:!1,...n.length>0&&{ssh_authorized_keys:n},write_files:e.map(i=>({path:i.name,permissions:i.mode,encoding:"gz+b64",content:Rn(i.content)})),runcmd:[t]};return`#cloud-config
${(0,q.As)(s,{version:"1.1",lineWidth:0})}`}o(dr,"renderUserData");function ur(e){const{address:t,gateway:n,nameservers:s}=e,i={dhcp4:!1,addresses:[t],...n&&{routes:[{to:(0,be.isIPv6)(n)?"::/0":"0.0.0.0/0",via:n}]},...s.length>0&&{nameservers:{addresses:s}}},r={version:2,ethernets:{[e.interface??"eth0"]:i}};return(0,q.As)(r,{version:"1.1",lineWidth:0})}o(ur,"renderNetworkData");function fr(e,t){const n=e.reduce((i,r)=>i+Buffer.byteLength(r),0);if(n<=In)return;const s=t.map(({name:i,content:r})=>({name:i,bytes:Rn(r).length})).sort((i,r)=>r.bytes-i.bytes).slice(0,5);throw new f.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,R.z)(n)}; a Kubernetes Secret holds ${(0,R.z)(In)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:s.map(({name:i,bytes:r})=>`${i}: ${(0,R.z)(r)} compressed`)})}o(fr,"assertFits");function Rn(e){return(0,Tn.gzipSync)(e,{level:9}).toString("base64")}o(Rn,"packed");function W(e){return e.raw[0].replace(/\\(`|\$\{)/g,"$1")}o(W,"script");const hr=W`# shellcheck shell=bash disable=SC2034
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
`,mr=W`#!/bin/bash
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
`,pr=W`# shellcheck shell=bash
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
`,gr=W`# shellcheck shell=bash disable=SC2034
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
`,$r=W`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
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
`,wr=W`# shellcheck shell=bash disable=SC2034
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
`,kr=W`# shellcheck shell=bash disable=SC2034
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
`,br=W`# shellcheck shell=bash disable=SC2034
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
`,yr=W`# shellcheck shell=bash
# Phase prepare: this machine says where it is, trusts the recipe's authorities, gets the tools it lacks (dnf on Rocky,
# apt on Debian; from the recipe's mirrors alone where it has some), and is big enough. The server starts here: its status.json tells of the bake from the beginning.

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
  stay_inside "$missing"
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

# In an air gap this machine's own repositories are no place to ask.
stay_inside() {
  [ "$AIR_GAPPED" = yes ] || return 0
  if [ -d "$ROOT/repos" ] && command -v dnf >/dev/null; then return 0; fi
  fail "Missing on the builder: \${1//$'\n'/ }; and the recipe is air-gapped without a mirror that this machine could install them from. Let the builder boot from an image that has them (builder-image)."
}

# By path: which package holds a tool differs between releases. libguestfs-xfs is what makes GenericCloud's root readable;
# where it is no package of its own, strict=0 passes over it.
install_with_dnf() {
  local -a paths
  mapfile -t paths < <(sed 's#^#/usr/bin/#; s#^/usr/bin/ip$#/usr/sbin/ip#' <<<"$1")
  local -a dnf=(dnf -y --setopt=install_weak_deps=False)
  # Its own repositories are left as they are, and left out.
  [ ! -d "$ROOT/repos" ] || dnf+=("--setopt=reposdir=$ROOT/repos")
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
`,vr=W`# shellcheck shell=bash
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
`,Er=W`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
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
`,Sr=W`# shellcheck shell=bash
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
`,Tr=W`"""Serves two files under a secret path, to whoever knows it: /<token>/golden.qcow2 and /<token>/status.json. HEAD, byte
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
`,le=6e4,Ir={download:20*le,customize:20*le,probe:5*le,compress:10*le},Rr={prepare:15*le,accelerate:5*le,hash:10*le,serve:2*le},Ar=new Set(["customize","probe","compress"]);function An(e,t,n){const s=t==="tcg"?Math.max(1,n):1,i={...Rr,...e},r=Object.entries(i).map(([a,c])=>[a,Ar.has(a)?Math.round(c*s):c]);return Object.fromEntries(r)}o(An,"phaseLimits");function vh(e,t,n){return Object.values(An(e,t,n)).reduce((s,i)=>s+i,0)}o(vh,"totalLimit");const _r=2*1024**3,xr=10,Or=2;function Nr(e){const t={RUN_ID:e.runId,RECIPE:e.recipe.name,BASE_URL:e.base.url,BASE_SHA256:e.base.sha256,PORT:e.port,VIRTUAL_SIZE:e.recipe.virtualSize??0,AIR_GAPPED:e.recipe.airGapped?"yes":"no",COMPRESS:e.compress?"yes":"no",PROBE:e.probe.entry,MINIMUM_FREE:_r,KVM_SILENCE:xr,DOWNLOAD_PAUSE:Or,..._n(e,"kvm"),..._n(e,"tcg")};return[...Object.entries(t).map(([s,i])=>`${s}=${K(String(i))}`),...Lr(e.proxy),""].join(`
`)}o(Nr,"renderSettings");function _n(e,t){const n=An(e.limits,t,e.emulationFactor);return Object.fromEntries(Object.entries(n).map(([s,i])=>[`LIMIT_${s.toUpperCase()}_${t.toUpperCase()}`,Math.ceil(i/1e3)]))}o(_n,"limitSettings");function Lr(e){const t={http_proxy:e?.http,https_proxy:e?.https,no_proxy:e?.no};return Object.entries(t).filter(([,n])=>n!==void 0&&n!=="").map(([n,s])=>`export ${n}=${K(s)}`)}o(Lr,"proxySettings");function Pr(e){const n=[e.proxy?.http,e.proxy?.https,e.base.url,...e.recipe.downloads.map(({url:s})=>s)].flatMap(s=>s&&URL.canParse(s)?Cr(new URL(s)):[]);return[...new Set([e.token,...n])].map(s=>`${s}
`).join("")}o(Pr,"secretsOf");function Cr(e){const{username:t,password:n,search:s}=e;return[`${t}:${n}`,n,Mr(n),s.slice(1)].filter(i=>i.length>=4)}o(Cr,"credentialsOf");function Mr(e){try{return decodeURIComponent(e).replaceAll(`
`,"")}catch{return e}}o(Mr,"decode");const gt="/var/lib/rke2-actions/bake",xn=Object.entries({"bake.sh":mr,"marks.sh":br,"prepare.sh":yr,"download.sh":wr,"accelerate.sh":hr,"customize.sh":gr,"compress.sh":pr,"probe.sh":vr,"hash.sh":kr,"serve.sh":Sr,"relay.py":Er,"customize-log.py":$r,"server.py":Tr}).map(([e,t])=>({name:`bin/${e}`,content:t,mode:"0700"}));function Dr(e){Gr(e);const t=Ur(e).map(i=>({...i,name:`${gt}/${i.name}`})),n=dr(t,["bash",`${gt}/bin/bake.sh`],e.sshAuthorizedKeys),s=e.staticNetwork&&ur(e.staticNetwork);return fr([n,s??""],t),{userData:n,...s&&{networkData:s},scripts:xn,files:t}}o(Dr,"renderBuilder");function Ur(e){const{recipe:t,customize:n,probe:s}=e,i=o((a,c)=>({name:a,content:c,mode:"0600"}),"plain"),r=[...n.files,...s.files];return[...xn,i("settings.env",Nr(e)),i("token",`${e.token}
`),i("secrets",Pr(e)),i("commands",n.commands),i("steps.tsv",n.steps.map(({id:a,title:c})=>On(a,c)).join("")),i("downloads.tsv",t.downloads.map(a=>On(a.sha256,yn(a),a.path,a.url)).join("")),...(t.toolRepositories??[]).flatMap(zr),...t.certificates.map(({name:a,pem:c})=>i(`ca/${a}.crt`,`${c.trim()}
`)),...r.map(a=>({...a,name:`stage/${a.name}`}))]}o(Ur,"filesOf");function zr(e){const{id:t,gpgKey:n}=e,s=`repos/${t}.key`,i=n.armoured===void 0?n:{...n,file:`${gt}/${s}`},r=Sn({...e,enabled:!0,gpgKey:i});return[{name:`repos/${t}.repo`,content:r,mode:"0644"},...n.armoured===void 0?[]:[{name:s,content:`${n.armoured.trim()}
`,mode:"0644"}]]}o(zr,"toolRepository");function On(...e){return`${e.map(t=>t.replace(/[\t\r\n]+/g," ")).join("	")}
`}o(On,"row");function Gr(e){const{customize:t,probe:n,recipe:s}=e,i=[...t.files,...n.files].map(({name:c})=>c),r=t.commands.split(`
`).filter(c=>c!==""),a=[!/^[\w-]{16,}$/.test(e.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(e.base.sha256)&&`the base's sha256 is "${e.base.sha256}"`,!Number.isInteger(e.port)&&`the port is ${e.port}`,r.length!==t.steps.length&&`${r.length} commands do not match ${t.steps.length} steps`,!i.includes(n.entry)&&`the probe's entry "${n.entry}" is none of its files`,...i.filter((c,l)=>i.indexOf(c)!==l).map(c=>`"${c}" is staged twice`),...i.filter(c=>!Fr(c)).map(c=>`"${c}" lies outside of the stage`),...s.certificates.filter(({name:c})=>!/^[\w][\w.-]*$/.test(c)).map(({name:c})=>`the certificate name "${c}" is no file name`)].filter(c=>c!==!1);if(a.length>0)throw new f.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${a.join("; ")}.`)}o(Gr,"assertInput");function Fr(e){return e!==""&&!e.startsWith("/")&&!e.split("/").includes("..")}o(Fr,"isBelow");const Nn=1e3,Br=30,Hr=6e4,Kr=64*1024;async function*Wr(e){const{kube:t,pod:n,container:s,clock:i,signal:r}=e,a=new Yr;let c=0;for(;;){(0,A.Te)(r);const l=await jr(e);try{const d=a.since(),m=t.podLog(n,{container:s,follow:!l,timestamps:!0,idle:Hr,signal:r,...d&&{sinceTime:d}});a.restart();for await(const $ of Vr(m,l)){c=0;const b=a.take($);b!==void 0&&(yield b)}}catch(d){if((0,A.Te)(r),l||(0,E.c4)(d))return;if(!Ln(d)||++c>=Br)throw d;e.log.debug(`log of ${n.name}: ${(0,f.bD)(d)}; next try in ${(0,F.a)(Nn)}`)}if(l)return;await i.sleep(Nn,r)}}o(Wr,"followPodLog");function Ln(e){return(0,E.dg)(e)||e instanceof E.a3&&e.status===400}o(Ln,"isPassing");async function jr({kube:e,pod:t,container:n,signal:s}){try{const{status:i={}}=await e.get(D.Dp,t,{signal:s});return i.phase==="Succeeded"||i.phase==="Failed"?!0:[...i.containerStatuses??[],...i.initContainerStatuses??[]].find(({name:a})=>a===n)?.state?.terminated!==void 0}catch(i){if((0,E.c4)(i))return!0;if(Ln(i))return!1;throw i}}o(jr,"hasEnded");async function*Vr(e,t){let n="";for await(const s of e){const i=(n+s).split(`
`);n=i.pop().slice(0,Kr),yield*i}t&&n!==""&&(yield n)}o(Vr,"stampedLines");class Yr{static{o(this,"SeenLines")}#e="";#t=0;#n=0;#i=!0;restart(){this.#n=0,this.#i=!0}since(){return this.#e===""?void 0:`${this.#e.slice(0,19)}Z`}take(t){const n=t.indexOf(" "),s=qr(n<0?t:t.slice(0,n));if(s===void 0)return this.#i?t:void 0;if(this.#i=this.#s(s),!!this.#i)return n<0?"":t.slice(n+1)}#s(t){return t<this.#e?!1:t>this.#e?([this.#e,this.#t,this.#n]=[t,1,1],!0):(this.#n++,this.#n<=this.#t?!1:(this.#t=this.#n,!0))}}function qr(e){const t=/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(e);if(!t)return;const[,n,s="",i]=t;return`${i==="Z"?n:new Date(Date.parse(`${n}${i}`)).toISOString().slice(0,19)}.${s.padEnd(9,"0")}`}o(qr,"utcStamp");const $t="guest-console-log",Zr="vm.kubevirt.io/name",Xr=100,Jr=1e3,Qr=15e3;async function*eo(e){const{kube:t,namespace:n,vmName:s}=e,i=new Set;let r=e.appearWithin;for(;;){const a=await to(e,i,r);if(!a&&i.size>0)return;if(!a)throw so(e);no(a),i.add(Pn(a)),e.log.debug(`console of ${s}: pod ${a.metadata.name}`);const c={namespace:n,name:a.metadata.name};yield*Wr({...e,kube:t,pod:c,container:$t}),r=Qr}}o(eo,"followConsole");const Pn=o(e=>e.metadata.uid??e.metadata.name,"idOf");async function to(e,t,n){const{kube:s,namespace:i,vmName:r,clock:a,signal:c}=e,l=a.monotonic()+n;for(let d=Xr;;d=Math.min(Jr,d*2)){const m=`${Zr}=${r}`,{items:$}=await s.list(D.Dp,{namespace:i,labelSelector:m,signal:c}),[b]=$.filter(x=>!t.has(Pn(x))&&!x.metadata.deletionTimestamp).sort((x,J)=>Cn(J).localeCompare(Cn(x)));if(b)return b;if(a.monotonic()>=l)return;await a.sleep(d,c)}}o(to,"waitForLauncher");const Cn=o(e=>e.metadata.creationTimestamp??"","console_createdAt");function no(e){if(![...e.spec?.containers??[],...e.spec?.initContainers??[]].some(({name:n})=>n===$t))throw new f.eG("CONSOLE_DISABLED",`Pod ${e.metadata.namespace}/${e.metadata.name} has no container "${$t}".`,{mend:"The cluster does not log serial consoles: Harvester 1.3 (KubeVirt 1.1) or newer is needed."})}o(no,"requireConsole");function so({namespace:e,vmName:t,appearWithin:n}){return new f.eG("CONSOLE_MISSING",`No launcher pod of the virtual machine ${e}/${t} appeared within ${(0,F.a)(n)}.`,{mend:`Look at the events of the virtual machine: kubectl -n ${e} describe vm,vmi ${t}`})}o(so,"consoleMissing");const io="harvesterhci.io/volumeClaimTemplates",Mn="harvesterhci.io/creator",ro="harvesterhci.io/vmName",oo=/^(Err|ImagePullBackOff|CrashLoopBackOff|DataVolumeError)/;function ao(e){const{labels:t,annotations:n}=(0,g.Nt)(e.ownership);return{apiVersion:(0,C.X)(k.dr),kind:k.dr.kind,metadata:{name:e.name,namespace:e.namespace,labels:{...t,[Mn]:g.u,"harvesterhci.io/os":"linux"},annotations:{...n,[io]:JSON.stringify([co(e)]),"network.harvesterhci.io/ips":"[]"}},spec:{runStrategy:"RerunOnFailure",template:{metadata:{labels:{...t,[Mn]:g.u,[ro]:e.name},annotations:{"harvesterhci.io/diskNames":JSON.stringify([e.disk.claimName])}},spec:lo(e)}}}}o(ao,"virtualMachine");function co(e){const{labels:t,annotations:n}=(0,g.Nt)(e.ownership);return{metadata:{name:e.disk.claimName,labels:t,annotations:{...n,"harvesterhci.io/imageId":e.disk.imageId}},spec:{accessModes:["ReadWriteMany"],volumeMode:"Block",storageClassName:e.disk.storageClassName,resources:{requests:{storage:e.disk.size}}}}}o(co,"claimTemplate");function lo(e){return{hostname:e.name,evictionStrategy:"LiveMigrateIfPossible",terminationGracePeriodSeconds:5,domain:{machine:{type:"q35"},cpu:{cores:e.cpu,sockets:1,threads:1},resources:{limits:{cpu:String(e.cpu),memory:e.memory}},...e.efi&&{firmware:{bootloader:{efi:{secureBoot:!1}}}},devices:{logSerialConsole:!0,disks:[{name:"root",bootOrder:1,disk:{bus:"virtio"}},{name:"cloudinit",disk:{bus:"virtio"}}],interfaces:[{name:"default",model:"virtio",...e.network?{bridge:{}}:{masquerade:{}}}]}},networks:[{name:"default",...e.network?{multus:{networkName:e.network}}:{pod:{}}}],volumes:[{name:"root",persistentVolumeClaim:{claimName:e.disk.claimName}},{name:"cloudinit",cloudInitNoCloud:{secretRef:{name:e.secretName},...e.hasNetworkData&&{networkDataSecretRef:{name:e.secretName}}}}]}}o(lo,"instanceSpec");async function uo(e,t,n){const s=o(i=>(0,g.NG)(i,n.runId),"ours");return(await Ne(e,k.dr,t,{ours:s,signal:n.signal})).object}o(uo,"createVirtualMachine");function fo(e){const{clock:t,grace:n,progress:s}=e;let i=!1,r;return Ve({...e,resource:k.dr,judge:o(a=>{if(!a||a.metadata.deletionTimestamp)throw wt("GONE",e,"was deleted");const c=a.status?.printableStatus??"being created";if(c==="Running"?i=!0:s(`virtual machine ${a.metadata.name}: ${c}`),i&&(c==="Stopped"||c==="CrashLoopBackOff"))throw wt("STOPPED",e,`ran and is ${c} now`,a);if(r=oo.test(c)?r??t.monotonic():void 0,r!==void 0&&t.monotonic()-r>n)throw wt("FAILED",e,`has been ${c} for ${(0,F.a)(n)}`,a)},"judge")})}o(fo,"superviseVirtualMachine");const ho={FAILED:"ErrorUnschedulable: free CPU or memory, or attach the network to more nodes; Err*Pvc*: see its volume.",STOPPED:"The guest ended before the work was done: read its last console lines.",GONE:"Find out who deletes virtual machines in this namespace; start the build again."};function wt(e,{namespace:t,name:n},s,i){const r=i?.status?.conditions??[];return new f.eG(`HARVESTER_VM_${e}`,`The virtual machine ${t}/${n} ${s}.`,{mend:ho[e],evidence:r.map(({type:a,status:c,reason:l="",message:d=""})=>`${a}=${c} ${l} ${d}`.trim())})}o(wt,"failure");var Dn=p(7975),u=p(8816);const mo=16*1024*1024,po=16384,go=8;class $o{static{o(this,"Documents")}#e=new Map;add({name:t,index:n,total:s,data:i}){const r=this.#t(t);!r||n>=s||(r.total!==s&&(r.total=s,r.chunks.clear()),r.chunks.set(n,i))}close({name:t,sha256:n,bytes:s}){const i=this.#t(t);if(!i||i.told.has(n))return{outcome:"known"};i.told.add(n);const r=[...Array(i.total).keys()].filter(c=>!i.chunks.has(c));if(i.total===0||r.length>0)return kt(t,ko(i.total,r));const a=Buffer.from([...Array(i.total).keys()].map(c=>i.chunks.get(c)).join(""),"base64");return i.chunks.clear(),i.total=0,wo(t,a,n,s)}#t(t){const n=this.#e.get(t);if(n||this.#e.size>=go)return n;const s={total:0,chunks:new Map,told:new Set};return this.#e.set(t,s),s}}function wo(e,t,n,s){let i;try{i=(0,Tn.gunzipSync)(t,{maxOutputLength:mo})}catch(a){return kt(e,(0,f.bD)(a))}const r=(0,Oe.qQ)("sha256",i);return r!==n||i.length!==s?kt(e,`its sha256 is ${r} of ${i.length} bytes, announced were ${n} of ${s}`):{outcome:"complete",text:i.toString("utf8")}}o(wo,"unpack");function ko(e,t){if(e===0)return"none of its chunks arrived";const n=t.slice(0,10).join(", ");return`${t.length} of ${e} chunks are missing: ${n}${t.length>10?", \u2026":""}`}o(ko,"missingWords");function kt(e,t){return{outcome:"failed",message:`The document "${e}" did not arrive over the console: ${t}.`}}o(kt,"failed");const Un="@@rke2-actions@@ ",bo=["prepare","download","accelerate","customize","compress","probe","hash","serve"],te=o(e=>u.YjP().max(e),"marks_text"),ye=u.Whr().min(0).max(Number.MAX_SAFE_INTEGER),bt=o(e=>u.YjP().regex(new RegExp(`^[0-9a-f]{${e}}$`)),"hex"),zn=u.k5n(bo),yo=u.gMt("mark",[u.Ikc({mark:u.euz("phase"),phase:zn,percent:u.aig().min(0).max(100).optional()}),u.Ikc({mark:u.euz("step"),id:te(200),title:te(500),index:ye,total:ye}),u.Ikc({mark:u.euz("error"),phase:zn,step:te(500).optional(),message:te(4e3),exit:u.Whr()}),u.Ikc({mark:u.euz("acceleration"),kind:u.k5n(["kvm","tcg"]),reason:te(500)}),u.Ikc({mark:u.euz("address"),addresses:u.YOg(te(64)).max(64)}),u.Ikc({mark:u.euz("chunk"),name:te(64),index:ye,total:u.Whr().min(1).max(po),data:te(1200).regex(/^[A-Za-z0-9+/=]*$/)}),u.Ikc({mark:u.euz("sum"),name:te(64),sha256:bt(64),bytes:ye}),u.Ikc({mark:u.euz("result"),sha512:bt(128),sha256:bt(64),size:ye,virtualSize:ye,port:u.Whr().min(1).max(65535),path:te(300).regex(/^\/[\w/.-]+$/)})]);function vo(e){try{return yo.safeParse(JSON.parse(e)).data}catch{return}}o(vo,"parseMark");function Eh(e){return`${Un}${JSON.stringify(e)}`}o(Eh,"formatMark");const Gn=16384,Eo=new Set(["error","acceleration","result"]);class So{static{o(this,"ConsoleReader")}#e="";#t=!1;#n=new $o;#i=new Map;push(t){const n=t.split(/[\r\n]/),s=n.pop(),i=n.flatMap(r=>(this.#s(r),this.#o()));return this.#s(s),i}end(){return this.#o()}#s(t){this.#t||t===""||(this.#e+=t,!(this.#e.length<=Gn)&&(this.#e=`${this.#e.slice(0,Gn)}\u2026`,this.#t=!0))}#o(){const t=To(this.#e);this.#e="",this.#t=!1;const[n,...s]=t.split(Un);return[...Fn(n),...s.flatMap(i=>this.#r(i.trim()))]}#r(t){const n=vo(t);if(!n)return Fn("(a damaged mark of the builder was ignored)");if(n.mark==="chunk")return this.#n.add(n),[];if(n.mark==="sum")return this.#a(n);if(Eo.has(n.mark)){if(this.#i.get(n.mark)===t)return[];this.#i.set(n.mark,t)}return[{kind:"mark",mark:n}]}#a(t){const n=this.#n.close(t);return n.outcome==="known"?[]:n.outcome==="failed"?[{kind:"error",name:t.name,message:n.message}]:[{kind:"document",name:t.name,text:n.text}]}}function Fn(e){return e.trim()===""?[]:[{kind:"line",text:e.trimEnd()}]}o(Fn,"lineEvent");function To(e){return(0,Dn.stripVTControlCharacters)(e).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,"")}o(To,"printable");const Io=50,Ro=5e3;async function Ao(e,t){const n=new AbortController,s=AbortSignal.any([t.signal,n.signal]),i=new _o(t);try{return await Promise.race([i.follow(e.lines(s)),i.watchSilence(t.stall,s),...e.supervise?[e.supervise(s)]:[]])}catch(r){throw Oo(r,i.lastLines)}finally{n.abort()}}o(Ao,"watchBake");class _o{static{o(this,"Watched")}lastLines=[];#e;#t=new So;#n;#i;#s="";#o=[];#r;constructor(t){this.#e=t,this.#n=t.clock.monotonic()}async follow(t){for await(const n of t){this.#n=this.#e.clock.monotonic();for(const s of this.#t.push(`${n}
`)){const i=this.#a(s);if(i)return this.#u(i)}}throw new f.eG("BAKE_FAILED","The console of the builder ended before the image was finished.",{mend:"The builder was shut down or crashed: read its last lines; too little memory is a usual cause."})}async watchSilence(t,n){const{clock:s,emulationFactor:i}=this.#e;for(;;){await s.sleep(Ro,n);const r=this.#r==="tcg"?t*i:t;if(!(s.monotonic()-this.#n<r))throw new f.eG("BAKE_SILENT",`The builder's console has been silent for ${(0,F.a)(r)}.`,{mend:"The guest hangs, or its image has no console on ttyS0; raise stall-timeout if it is only slow."})}}#a(t){switch(t.kind){case"line":this.#d(t.text);return;case"document":t.name==="facts"&&(this.#i=t.text);return;case"error":this.#s=t.message;return;case"mark":return this.#c(t.mark)}}#d(t){this.lastLines.push(t),this.lastLines.length>Io&&this.lastLines.shift(),this.#e.log.info(`\u2502 ${t.replaceAll("##[","## [")}`),this.#e.record(t)}#c(t){const{progress:n,step:s,log:i}=this.#e;switch(t.mark){case"phase":s(t.phase),n(`baking: ${t.phase}${t.percent===void 0?"":`, ${Math.floor(t.percent)} %`}`);return;case"step":n(`baking: step ${t.index} of ${t.total}, ${t.title}`);return;case"acceleration":this.#r=t.kind,t.kind==="tcg"&&i.warning(`guests are emulated in the builder, which is slow: ${t.reason}`);return;case"address":this.#o=t.addresses;return;case"error":throw xo(t);case"result":return t}}#u(t){const n=this.#r;if(this.#i===void 0)throw new f.eG("FACTS_LOST",this.#s||"The builder sent no facts about the image.",{mend:"The serial console lost lines; start the build again."});return{result:t,facts:this.#i,addresses:this.#o,...n&&{acceleration:n}}}}function xo(e){const t=e.step?`phase "${e.phase}", step "${e.step}"`:`phase "${e.phase}"`;return new f.eG("BAKE_FAILED",`The bake failed in ${t}: ${e.message}`,{mend:"The lines of the console above it say why; correct the recipe, or what the builder could not reach."})}o(xo,"bakeFailed");function Oo(e,t){if(!(e instanceof f.eG)||t.length===0)return e;const n=[...e.evidence,...t],s=e.mend;return new f.eG(e.code,e.message,{evidence:n,cause:e,...s&&{mend:s}})}o(Oo,"withConsole");function Sh(e){return{entries:[...No(e),...e.repositories.flatMap(t=>Lo(t,e)),...e.downloads.map(({url:t,path:n})=>vt(t,n,["builder"]))],open:Po(e),notes:[...Co(e),...Mo]}}o(Sh,"planEgress");function yt(e){return e.otherRepositories!=="disable"?[]:e.repositories.filter(({replaces:t})=>t.length>0)}o(yt,"toolRepositories");const Bn=o(e=>`${e.replace(/\/+$/,"")}/`,"folder"),vt=o((e,t,n)=>({url:e,match:"exact",what:t,touchedBy:n,required:!0}),"egress_file");function No({base:e}){const t=e.sha256===void 0&&e.checksumUrl;return[...t?[vt(t,"checksum file of the base image",["runner"])]:[],vt(e.url,"base image",["cluster","builder"])]}o(No,"baseEntries");function Lo(e,t){const{id:n,baseurl:s}=e,i=yt(t).includes(e)?["builder"]:[];return[{url:`${Bn(s)}repodata/`,match:"prefix",what:`metadata of ${n}`,touchedBy:["runner",...i,"image"],required:!0},{url:Bn(s),match:"prefix",what:`packages of ${n}`,touchedBy:[...i,"image"],required:!1}]}o(Lo,"repositoryEntries");function Po(e){return[...e.otherRepositories==="keep"?["The base image's own repositories stay on: whatever its /etc/yum.repos.d names is asked as well."]:[],...yt(e).length===0?["A builder that lacks libguestfs installs it from its own image's repositories."]:[]]}o(Po,"openEnds");function Co({commands:e}){return e.length===0?[]:[`Whether the recipe's commands fetch anything is not seen here: ${e.map(({id:t})=>t).join(", ")}.`]}o(Co,"commandNotes");const Mo=null;function Th({entries:e},t){const n=[...new Set(t.map(Kn))];return{beyond:n.filter(s=>!e.some(i=>Hn(i,s))),untouched:e.filter(s=>s.required&&!n.some(i=>Hn(s,i)))}}o(Th,"compareEgress");function Hn(e,t){const n=Kn(e.url);return e.match==="exact"?t===n:t.startsWith(n)}o(Hn,"covers");function Kn(e){const{origin:t,pathname:n}=new URL(e);return t+n}o(Kn,"withoutQuery");function Ih(e){const{entries:t,open:n,notes:s}=e;return[[n.length===0?"A bake touches these addresses and no others":"A bake touches these addresses",...t.flatMap(Do)],["Not closed",...n],["Beside the recipe",...s]].filter(a=>a.length>1).map(([a,...c])=>`${a}
${c.map(l=>`  ${l}`).join(`
`)}
`).join(`
`)}o(Ih,"egressText");function Do({url:e,match:t,what:n,touchedBy:s,required:i}){const r=i?"":", as needed";return[`${e}${t==="prefix"?"*":""}`,`    ${n}; by ${s.join(", ")}${r}`]}o(Do,"entryLines");const Uo=/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;function zo(e,t){const n=t.match(Uo)??[];if(/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(t))return{wrong:"contains a private key, which must never be in an image"};if(n.length===0)return{wrong:"expected certificates in PEM form"};for(const[s,i]of n.entries()){const r=Fo(i);if(!r)return{wrong:`certificate ${s+1} of ${n.length} cannot be read`};if(!r.ca)return{wrong:`certificate ${s+1} (${Bo(r)}) is not of a certificate authority`}}return n.map((s,i)=>({name:n.length===1?e:`${e}-${i+1}`,pem:`${s.replace(/\r/g,"").trim()}
`}))}o(zo,"splitBundle");function Go(e){return(0,U.createHash)("sha256").update(new U.X509Certificate(e).raw).digest("hex")}o(Go,"derDigest");function Fo(e){try{return new U.X509Certificate(e)}catch{return}}o(Fo,"read");const Bo=o(e=>e.subject.replace(/\n/g,", "),"subject");function Wn(e){const{absent:t,signers:n,minimumCount:s,install:i}=e.packages,{firewall:r,allowedHosts:a}=e;return{recipe:{name:e.name,digest:(0,Me.dF)(e),layers:e.layers},packages:{present:i,absent:t,signers:n,minimumCount:s},repositories:e.repositories.map(({id:c,enabled:l,baseurl:d})=>({id:c,enabled:l,host:new URL(d).hostname})),...a&&{allowedHosts:a},files:[...e.files.map(Ho),...e.downloads.map(Ko)],directories:e.directories,sysctls:e.sysctls,kernelModules:e.kernelModules,services:e.services,kernelCommandLine:e.kernelCommandLine,initramfs:e.initramfs,...r&&{firewall:{ipv4:r.ipv4,ipv6:r.ipv6}},selinux:e.selinux,certificates:e.certificates.map(({name:c,pem:l})=>({name:c,sha256:Go(l)})),sealing:e.sealing,image:e.image}}o(Wn,"expectationsOf");function Ho({path:e,mode:t,owner:n,group:s,selinuxType:i,content:r,origin:a}){return{path:e,sha256:(0,Oe.qQ)("sha256",r),mode:t,owner:n,group:s,...i&&{selinuxType:i},origin:a}}o(Ho,"fileExpectation");function Ko({path:e,sha256:t,mode:n}){return{path:e,sha256:t,mode:n,owner:"root",group:"root",origin:"downloads"}}o(Ko,"downloadExpectation");const ne={"HYG-2":["/etc/ssh/ssh_host_*"],"HYG-4":["/var/lib/cloud/instance","/var/lib/cloud/instances/*","/var/lib/cloud/data/*","/var/lib/cloud/sem/*","/var/log/cloud-init*","/etc/cloud/cloud-init.disabled"],"HYG-5":["/etc/NetworkManager/system-connections/cloud-init-*","/etc/NetworkManager/conf.d/99-cloud-init.conf","/etc/sysconfig/network-scripts/ifcfg-cloud-init-*"],"HYG-6":["/var/lib/systemd/random-seed","/var/lib/random-seed","/var/lib/systemd/credential.secret"],"HYG-8":["/root/anaconda-ks.cfg","/root/original-ks.cfg","/var/lib/systemd/coredump/*","/var/spool/abrt/*","/var/crash/*","/core","/core.*"],"HYG-11":["/var/lib/rpm/__db.*","/usr/lib/sysimage/rpm/__db.*"],"CFG-7":["/etc/rancher/*/config.yaml","/etc/rancher/*/config.yaml.d/*","/etc/rancher/*/registries.yaml","/etc/rancher/node/password","/var/lib/rancher/*/server/token","/var/lib/rancher/*/server/node-token","/var/lib/rancher/*/server/agent-token","/var/lib/rancher/*/server/tls","/var/lib/rancher/*/server/cred","/var/lib/rancher/*/server/db","/var/lib/rancher/*/agent/*.kubeconfig"],"SEL-2":["/.autorelabel"]},Wo=["/etc/machine-id","/var/lib/dbus/machine-id","/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],jn=["nm-cloud-setup.service","nm-cloud-setup.timer","kdump.service","rpcbind.socket","cockpit.socket"],Vn=48*1024;function jo(e){return{files:[{name:"probe/probe.sh",content:Et("probe.sh"),mode:"0755"},{name:"probe/section.sh",content:Et("section.sh"),mode:"0644"},{name:"probe/guest.sh",content:Et("guest.sh"),mode:"0644"},{name:"probe/spec",content:Vo(e),mode:"0644"}],entry:"probe/probe.sh"}}o(jo,"probeFiles");function Vo(e){const{files:t,directories:n,sealing:s,services:i}=e,r={path:[...Wo,...s.emptied],file:t.map(l=>l.path),directory:n.map(l=>l.path),glob:[...Object.values(ne).flat(),...s.removed],unit:[...i.enable,...i.disable,...i.mask,...jn],module:e.kernelModules,driver:[...e.initramfs.drivers,"xfs","ext4"],certificate:e.certificates.map(l=>l.sha256)},a=Object.entries(r).flatMap(([l,d])=>d.map(m=>Yo(l,m))),c=`${[...new Set(a)].sort().join(`
`)}
`;if(Buffer.byteLength(c)>Vn)throw new f.Gd("PROBE_SPEC",`The list of what the probe looks at exceeds ${Vn} bytes.`);return c}o(Vo,"probeSpec");function Yo(e,t){if(t===""||/[\n\t\0]/.test(t))throw new f.Gd("PROBE_SPEC",`${JSON.stringify(t)} cannot be looked for: it is empty or has a line break or tab.`);return`${e} ${t}`}o(Yo,"specLine");function Et(e){const t={"probe.sh":p.ab+"probe.sh","section.sh":p.ab+"section.sh","guest.sh":p.ab+"guest.sh"};return(0,ke.readFileSync)(t[e],"utf8")}o(Et,"probe_script");const Yn=6,qo=8080;function Zo({plan:e,baseSha256:t,token:n}){const{recipe:s,runId:i,proxy:r,staticNetwork:a,builderSshKeys:c}=e,{name:l,certificates:d,downloads:m,image:$}=s;return{recipe:{name:l,certificates:d,downloads:m,virtualSize:$.virtualSize,toolRepositories:yt(s),airGapped:s.allowedHosts!==void 0},customize:vn(s),probe:jo(Wn(s)),base:{url:s.base.url,sha256:t},token:n,port:qo,runId:i,limits:Ir,emulationFactor:Yn,compress:!0,proxy:r,staticNetwork:a,sshAuthorizedKeys:c}}o(Zo,"builderInput");var Xo=p(7468);function Jo(e){const t=[...new Set(e.map(n=>n.trim().replace(/\/\d+$/,"")))].filter(ea);return[...t.filter(be.isIPv4),...t.filter(be.isIPv6)]}o(Jo,"usableAddresses");function Qo(e){return(e?.status?.interfaces??[]).flatMap(({ipAddress:n,ipAddresses:s=[]})=>[...n?[n]:[],...s])}o(Qo,"reportedAddresses");function ea(e){return(0,be.isIPv4)(e)?!/^(127\.|169\.254\.|0\.|2(2[4-9]|[3-5]\d)\.)/.test(e):(0,be.isIPv6)(e)&&!/^(fe[89ab]|ff)/i.test(e)&&e!=="::"&&e!=="::1"}o(ea,"isUsable");class ta{static{o(this,"AddressBook")}#e=[];note(t){const n=Jo(t);n.length>0&&(this.#e=n)}get addresses(){return this.#e}}function na(e,t,n){return`http://${(0,be.isIPv6)(e)?`[${e}]`:e}:${t}${n}`}o(na,"httpUrl");const sa=2e3,ia=5e3;async function ra(e,t,n){const s=await oa(e,t,n),i=s.map(r=>na(r,t.port,t.path));for(const r of i)if(await ca(r,t.size,n))return r;return n.log.info(`this machine has no route to ${s.join(", ")}; the nodes of Harvester need one`),i[0]}o(ra,"findUrl");async function oa(e,t,n){const s=new ta;for(s.note(e.staticNetwork?[e.staticNetwork.address]:t.addresses);s.addresses.length===0&&(s.note(Qo(await aa(e,n))),!(s.addresses.length>0));)n.progress(`waiting for an address of ${e.namespace}/${e.names.vm}`),await n.clock.sleep(sa,n.signal);return s.addresses}o(oa,"waitForAddresses");async function aa(e,{kube:t,signal:n}){const s={namespace:e.namespace,name:e.names.vm};return t.get(k.Bg,s,{signal:n}).catch(i=>{if(!(0,E.c4)(i))throw i})}o(aa,"instanceOf");async function ca(e,t,n){const{http:s,signal:i,log:r}=n;try{const a=await s.request(e,{method:"HEAD",signal:i,timeout:ia});if(a.body.destroy(),a.status!==200)throw new Error(`answered ${a.status}`);const c=Number(a.headers["content-length"]);if(c===t)return!0;throw new f.eG("HANDOVER_MISMATCH",`The builder serves ${c} bytes instead of ${t}.`,{mend:"Another server seems to have the address of the builder: check for duplicate addresses."})}catch(a){if(i.aborted||a instanceof f.eG&&a.code==="HANDOVER_MISMATCH")throw a;return r.debug(`${new URL(e).host}: ${(0,f.bD)(a)}`),!1}}o(ca,"answers");const qn=1<<20;function la(e){const t=Buffer.byteLength(e.userData)+Buffer.byteLength(e.networkData??"");if(t>qn)throw new f.Gd("CLOUD_INIT_TOO_LARGE",`cloud-init is ${t} bytes, a Secret holds ${qn}`);const{labels:n,annotations:s}=(0,g.Nt)(e.ownership);return{apiVersion:"v1",kind:"Secret",type:"Opaque",metadata:{name:e.name,namespace:e.namespace,labels:n,annotations:s},data:{userdata:Zn(e.userData),...e.networkData!==void 0&&{networkdata:Zn(e.networkData)}}}}o(la,"cloudInitSecret");const Zn=o(e=>Buffer.from(e).toString("base64"),"base64");async function da(e,t,n){const s=o(i=>(0,g.NG)(i,n.runId),"ours");await Ne(e,D.cW,t,{ours:s,signal:n.signal})}o(da,"createSecret");async function ua(e,t,n,s={}){const i={apiVersion:n.apiVersion,kind:k.dr.kind,name:n.metadata.name,uid:n.metadata.uid};await e.mergePatch(D.cW,t,{metadata:{ownerReferences:[i]}},s)}o(ua,"ownSecret");async function fa(e,t,n,s){const i=await ma(e,n.baseSha256,s);ga(e,i);const{kube:r,log:a,signal:c}=s,{namespace:l,names:d,ownership:m,runId:$}=e,{userData:b,networkData:x}=t,J={namespace:l,name:d.secret};await da(r,la({...J,userData:b,networkData:x,ownership:m}),{runId:$,signal:c});const ae=await uo(r,ha(e,i,x!==void 0),{runId:$,signal:c});a.info(`created virtual machine ${l}/${d.vm} on image ${i.id}`),await ua(r,J,ae,{signal:c})}o(fa,"provision");function ha(e,t,n){const{namespace:s,names:i,builder:r,network:a,ownership:c}=e;return ao({namespace:s,name:i.vm,cpu:r.cpu,memory:r.memory,disk:{claimName:i.claim,size:r.diskSize,imageId:t.id,storageClassName:t.storageClassName},network:a,secretName:i.secret,hasNetworkData:n,efi:r.efi,ownership:c})}o(ha,"machineOf");async function ma(e,t,n){const{kube:s,log:i,signal:r}=n,{namespace:a,names:c,ownership:l,limits:d}=e,m=o(Ie=>!(0,g.ey)(Ie)&&pa(Ie,e,t),"where"),[$]=await on(s,{namespace:a,where:m,signal:r});if($)return i.info(`the builder boots from ${a}/${$.metadata.name}, which is there already`),Ye($);const{runId:b,recipe:x,expiresAt:J}=l,ae=oi({namespace:a,name:c.baseImage,url:e.builder.image?.url??e.recipe.base.url,sha512:e.builder.image?.sha512,retry:e.importRetries,ownership:e.builder.keepImage?{runId:b,recipe:x}:{runId:b,recipe:x,expiresAt:J},...e.builder.image?{}:{annotations:{[g.aD]:t}},description:"What golden image builders boot from, imported by rke2-actions"});return await rn(s,ae,{runId:b,signal:r}),i.info(`created image ${a}/${c.baseImage} from ${ae.spec.url}`),cn({...n,namespace:a,name:c.baseImage,stallAfter:d.stall})}o(ma,"provideBaseImage");function pa(e,t,n){const s=t.builder.image;return s?s.sha512?e.spec.checksum===s.sha512:e.metadata.labels?.[g.Kf]===g.u&&e.spec.url===s.url:e.metadata.annotations?.[g.aD]===n}o(pa,"holdsBase");function ga(e,t){const n=(0,R.L)(e.builder.diskSize)??0;if(!(t.virtualSize===void 0||n>=t.virtualSize))throw new f.yo("BUILDER_DISK_TOO_SMALL",`The builder's disk of ${e.builder.diskSize} is smaller than its image ${t.id} (${(0,R.z)(t.virtualSize)}).`,{mend:"Raise builder-disk-size; besides itself the disk holds the base and the finished image."})}o(ga,"requireRoom");const $a=15*6e4,wa=9e4;class ka{static{o(this,"VmBuilder")}#e;#t;constructor(t){this.#e=t,this.#t=Dr(Zo(t))}async provision(t){const{plan:n,baseSha256:s}=this.#e;await fa(n,this.#t,{baseSha256:s},t)}bake(t){const{plan:n,record:s}=this.#e,{namespace:i,names:r,limits:a}=n,c={...t,namespace:i};return Ao({lines:o(d=>eo({...c,signal:d,vmName:r.vm,appearWithin:$a}),"lines"),supervise:o(d=>fo({...c,signal:d,name:r.vm,grace:wa}),"supervise")},{...t,record:s,stall:a.stall,emulationFactor:Yn})}async handOver({result:t,addresses:n},s){return{kind:"url",url:await ra(this.#e.plan,{...t,addresses:n},s)}}cleanUp(t){const{namespace:n,runId:s}=this.#e.plan;return(0,Xo.n)({...t,namespace:n,runId:s})}}function ba(e){return new ka(e)}o(ba,"createBuilder");const ya={401:{code:"UPLOAD_UNAUTHORIZED",what:"refuses the login",mend:"Tokens of the Harvester UI expire: download a new kubeconfig. The endpoint takes Rancher tokens, no ServiceAccount's token and no client certificate of another server."},403:{code:"UPLOAD_FORBIDDEN",what:"does not let this user upload",mend:'The user needs "update" on virtualmachineimages.harvesterhci.io in the namespace; else the action is not offered.'},404:{code:"UPLOAD_ENDPOINT_UNKNOWN",what:"knows no such image or action",mend:"upload-endpoint must be https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>."},413:{code:"UPLOAD_TOO_LARGE",what:"finds the body too large",mend:'A proxy before Harvester limits bodies: annotate its ingress with nginx.ingress.kubernetes.io/proxy-body-size: "0" and proxy-request-buffering: "off", or upload to the VIP directly.'},415:{code:"UPLOAD_MEDIA_TYPE",what:"does not take multipart/form-data",mend:"Something else than Harvester's upload answers there, or a proxy rewrites the content type: check upload-endpoint."}},va={code:"UPLOAD_FAILED",what:"failed",mend:"See the log of the harvester pods in harvester-system, and the BackingImageDataSource in longhorn-system."},Ea={code:"UPLOAD_REFUSED",what:"refused the upload",mend:"Its text says why: only a disk image (qcow2, raw, iso) in whole sectors is taken."};function Xn(e,t,n){const{code:s,what:i,mend:r}=ya[e]??(e<500?Ea:va),a=Sa(t),c=a?`: ${a}`:"";return new f.eG(s,`${n} ${i} (HTTP ${e})${c}.`.replace(/\.\.$/,"."),{mend:r})}o(Xn,"uploadRefused");function Sa(e){return(Ta(e)??/<title>([^<]*)<\/title>/i.exec(e)?.[1]??e).replace(/\s+/g," ").trim().slice(0,300)}o(Sa,"answerText");function Ta(e){try{const{message:t}=JSON.parse(e);return typeof t=="string"?t:void 0}catch{return}}o(Ta,"jsonMessage");const Jn="v1/harvester/harvesterhci.io.virtualmachineimages",Ia=/\/k8s\/clusters\/[^/]+\/?$/;async function Ra(e,t){const{kube:n,log:s}=t,i={url:_a(e.url??n.server),ca:e.ca??[]},r=await xa(i,t),a=e.url!==void 0||Ia.test(i.url);if(r!==200&&!a)throw Na(n.server);return r!==200&&s.info(`${(0,ce.B)(i.url)} answers ${r} to a look at its images`),i}o(Ra,"findUploadEndpoint");function Aa(e,t,n){const{namespace:s,name:i}=t;return`${e.url}/${Jn}/${s}/${i}?action=upload&size=${n}`}o(Aa,"uploadUrl");const _a=o(e=>e.replace(/\/(v1(\/harvester.*)?|dashboard.*)?$/,""),"baseOf");async function xa(e,{kube:t,namespace:n,signal:s}){const i=`${e.url}/${Jn}/${n}?limit=1`,r={method:"GET",ca:e.ca,signal:s},a=o(()=>t.send(i,r).catch(m=>{throw s?.aborted||!(m instanceof f.eG)?m:Oa(e,m)}),"send"),c=await a(),{status:l,text:d}=c.status===401?await a():c;if(l===401)throw Xn(l,d,(0,ce.B)(e.url));return l===200&&!/^\s*\{/.test(d)?404:l}o(xa,"ask");function Oa(e,t){return new f.eG("UPLOAD_ENDPOINT_UNREACHABLE",`The upload endpoint cannot be reached from here: ${(0,f.bD)(t)}`,{mend:`${t.mend??""} The endpoint is Harvester's VIP, port 443; input upload-endpoint, its CA in ca-certificates.`.trim(),cause:t,evidence:[`asked: ${(0,ce.B)(e.url)}`]})}o(Oa,"unreachable");function Na(e){return new f.yo("UPLOAD_ENDPOINT_UNKNOWN",`${(0,ce.B)(e)} is a Kubernetes API server, which takes no uploads.`,{mend:"Give upload-endpoint: https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>; its CA goes into ca-certificates. Its login is the token of the kubeconfig."})}o(Na,"unknownEndpoint");const Rh=null;async function Qn(e,t,n={}){const{namespace:s,name:i,displayName:r}=t,{items:a}=await e.list(k.Tx,{namespace:s,signal:n.signal});return a.filter(({metadata:c})=>c.uid===void 0||c.uid!==n.except).filter(({metadata:c,spec:l})=>c.name===i||l.displayName===r)}o(Qn,"findExisting");function La(e,t,n){const s=t.filter(({metadata:r})=>!r.deletionTimestamp),[i]=s;if(!i)return t.length>0?{action:"replace",images:t}:{action:"create"};if(n==="replace")return{action:"replace",images:t};if(n==="fail")throw ts(i);return{action:"use",image:Pa(e,s)}}o(La,"decide");function Pa(e,t){const{sha512:n}=e;if(!n)throw new f.yo("CHECKSUM_NEEDED","skip-if-same cannot compare: the SHA-512 of the source is not known.",{mend:"Give checksum, or let it be computed."});const s=t.find(i=>es(i).includes(n));if(!s)throw Ca(t[0]);if(en(s)||ie(s).state==="failed")throw Ma(s);return s}o(Pa,"sameImage");function es({metadata:e,spec:t}){return[e.annotations?.[g.HG],t.checksum?.toLowerCase()]}o(es,"checksumsOf");const St=o(({metadata:e,spec:t})=>`${e.namespace}/${e.name}`+(t.displayName===e.name?"":` (display name "${t.displayName}")`),"existing_idOf");function ts(e){return new f.eG("HARVESTER_NAME_TAKEN",`The name is taken: ${St(e)} exists already.`,{mend:"Choose another name, remove that image, or set on-existing to skip-if-same or replace."})}o(ts,"nameTaken");function Ca(e){const t=es(e).find(n=>n);return new f.eG("HARVESTER_IMAGE_DIFFERS",`${St(e)} exists already and `+(t?`has other bytes (SHA-512 ${t.slice(0,16)}\u2026).`:"says nothing of its checksum."),{mend:"Images are immutable: give the new one a name of its own, or set on-existing to replace."})}o(Ca,"differs");function Ma(e){return new f.eG("HARVESTER_IMAGE_UNUSABLE",`${St(e)} is to hold the same bytes, but its import has failed.`,{mend:"Remove it, or set on-existing to replace."})}o(Ma,"unusable");async function Da(e,t){const{kube:n,log:s,signal:i}=t,{namespace:r,name:a}=e,c=await n.get(D.h0,{namespace:r,name:a},{signal:i}).catch($=>{throw(0,E.c4)($)?za(e):$}),{phase:l="Pending"}=c.status??{};if(l!=="Bound"||c.metadata.deletionTimestamp)throw Ga(e,l);const d=await Ua(e,t);if(d)throw Fa(e,d);const m=c.spec?.resources?.requests?.storage??"its whole size";s.info(`volume ${r}/${a} is exported raw, ${m} large however little is in it`)}o(Da,"checkVolume");async function Ua({namespace:e,name:t},{kube:n,log:s,signal:i}){const r=n.list(k.dr,{namespace:e,signal:i}),{items:a}=await r.catch(l=>{if((0,A.Te)(i),!(0,E.US)(l)&&!(0,E.c4)(l))throw l;return s.info("whether a running machine holds the volume is not known: machines may not be listed"),{items:[]}});return a.find(l=>!/^(Stopped|Paused)?$/.test(l.status?.printableStatus??"")&&(l.spec.template.spec.volumes??[]).some(d=>d.persistentVolumeClaim?.claimName===t))?.metadata.name}o(Ua,"runningHolder");const Tt=o(({namespace:e,name:t})=>`${e}/${t}`,"export_idOf");function za(e){return new f.yo("VOLUME_MISSING",`There is no volume ${Tt(e)}.`,{mend:`Give the PersistentVolumeClaim as namespace/name: kubectl -n ${e.namespace} get pvc`})}o(za,"missing");function Ga(e,t){return new f.yo("VOLUME_NOT_BOUND",`The volume ${Tt(e)} is ${t} or being deleted.`,{mend:"Wait until it is Bound; a volume of a WaitForFirstConsumer class is bound once a machine has used it."})}o(Ga,"notBound");function Fa(e,t){return new f.yo("VOLUME_IN_USE",`The volume ${Tt(e)} is in use by the machine ${t}, which is not stopped.`,{mend:"Stop the machine first: what it has not written yet would be missing in the image."})}o(Fa,"inUse");var Ba=p(2041);const ns=1e3,Ha=18e4,Ka=1e4;async function ss(e,t){const{kube:n,signal:s}=t,{name:i,namespace:r,uid:a}=e.metadata;try{const c={propagation:"Foreground",uid:a,signal:s};await n.delete(k.Tx,{namespace:r,name:i},c)}catch(c){if((0,E.c4)(c))return{outcome:"gone already"};if((0,Ba.l)(c)||/replicas? using it/i.test((0,f.bD)(c)))return{outcome:"in use",by:Wa(c)};throw c}return await ja(e,t),await Ya(e,t),{outcome:"deleted"}}o(ss,"deleteImage");function Wa(e){const t=(0,f.bD)(e);return/being used by .*/.exec(t)?.[0]??t}o(Wa,"usedBy");async function ja(e,t){const{clock:n,progress:s,signal:i,goneWithin:r=Ha}=t,{name:a,namespace:c,uid:l}=e.metadata,d=n.monotonic()+r;for(;;){const m=await is(k.Tx,{namespace:c,name:a},t);if(!m||l&&m.metadata.uid!==l)return;if(n.monotonic()>=d)throw Va(m,r);s(`waiting until image ${c}/${a} is gone`),await n.sleep(ns,i)}}o(ja,"waitGone");function Va({metadata:e},t){const{name:n,namespace:s,finalizers:i=[]}=e;return new f.eG("HARVESTER_IMAGE_STUCK",`The image ${s}/${n} is still being deleted after ${(0,F.a)(t)}.`,{evidence:i.map(r=>`waits for finalizer ${r}`),mend:"Two images of one display name block each other on older releases (harvester#10109): remove the label harvesterhci.io/imageDisplayName from one of them. Else see the BackingImage in longhorn-system."})}o(Va,"stuck");async function is(e,t,{kube:n,signal:s}){return n.get(e,t,{signal:s}).catch(i=>{if(!(0,E.c4)(i))throw i})}o(is,"lookUp");async function Ya(e,t){const{clock:n,kube:s,log:i,signal:r}=t,a=e.status?.storageClassName;if(!a)return;const c=n.monotonic()+Ka;try{for(;;){if(!(await is(D.Zq,{name:a},t))?.parameters?.backingImage)return;if(n.monotonic()>=c)break;await n.sleep(ns,r)}await s.delete(D.Zq,{name:a},{signal:r}),i.info(`removed storage class ${a}, which the image had left behind`)}catch(l){if(r?.aborted)throw l;const d=(0,E.US)(l)?"it may not be read or deleted with this kubeconfig":(0,f.bD)(l);i.debug(`storage class ${a}: ${d}`)}}o(Ya,"sweepStorageClass");const It=512;function qa({name:e,size:t}){if(!(t>0&&t%It===0))throw new f.yo("UPLOAD_SIZE",t===0?`${e} is empty.`:`${e} has ${t} bytes, which is no multiple of ${It}.`,{mend:t===0?"Give a disk image in qcow2 or raw format.":`A disk image has whole sectors: unpack it if it is compressed, or pad it with "truncate -s %${It} ${e}".`})}o(qa,"requireUploadable");const Za="longhorn-system",Xa="harvesterhci.io/imageId",Ja=10;async function Qa(e,t,n={}){const s=o((c,l,d)=>e.list(c,{namespace:l,fieldSelector:d,signal:n.signal}).catch(()=>((0,A.Te)(n.signal),{items:[]})),"read"),[i,r]=await Promise.all([s(D.qY,t.namespace,`involvedObject.name=${t.name}`),s(k.pE,Za)]),a=`${t.namespace}/${t.name}`;return[...r.items.filter(({metadata:c})=>c.annotations?.[Xa]===a).flatMap(nc),...[...i.items].sort(ec).slice(-Ja).map(tc)]}o(Qa,"importDiagnostics");const ec=o((e,t)=>(e.lastTimestamp??"").localeCompare(t.lastTimestamp??""),"byTime"),tc=o(({type:e="",reason:t="",message:n=""})=>`event ${e} ${t}: ${n}`,"eventLine");function nc({metadata:e,status:t}){const n=Object.entries(t?.diskFileStatusMap??{});return n.length===0?[`BackingImage ${e.name}: no file on any disk yet`]:n.map(([s,{state:i="unknown",progress:r=0,message:a=""}])=>`BackingImage ${e.name}, disk ${s}: ${i}, ${r} % ${a}`.trimEnd())}o(nc,"backingImageLines");var sc=p(7075);function ic({field:e,fileName:t,size:n}){const s=`rke2-actions-${(0,U.randomBytes)(12).toString("hex")}`,i=Buffer.from(`--${s}\r
content-disposition: form-data; name="${e}"; filename="${oc(t)}"\r
content-type: application/octet-stream\r
\r
`),r=Buffer.from(`\r
--${s}--\r
`);return{headers:{"content-type":`multipart/form-data; boundary=${s}`,"content-length":String(i.length+n+r.length)},body:o((a,c=()=>{})=>sc.Readable.from(rc(i,a,r,c),{objectMode:!1}),"body")}}o(ic,"multipartForm");async function*rc(e,t,n,s){yield e;let i=0;for await(const r of t)yield r,i+=r.length,s(i);yield n}o(rc,"framed");const oc=o(e=>e.replace(/\r/g,"%0D").replace(/\n/g,"%0A").replace(/"/g,"%22"),"quoted"),ac=/already exists|timeout waiting/i,cc={backingimage:"chunk",cdi:"file"},lc={requests:12,pause:5e3,idle:45e3,answer:6e5},dc=1e3;async function uc(e,t){const n={...lc,...e.limits};for(let s=1;;s++){const{status:i,text:r}=await fc(e,n,t);if(i>=200&&i<300)return;if(i===401&&s===1)continue;const a=Xn(i,r,(0,ce.B)(e.endpoint.url));if(!ac.test(r)||s>=n.requests)throw a;t.log.info(`uploading ${e.source.name}: request ${s} of ${n.requests} came too early: ${a.message}; next in ${(0,F.a)(n.pause)}`),await t.clock.sleep(n.pause,t.signal)}}o(uc,"uploadFile");async function fc(e,t,n){const{endpoint:s,image:i,backend:r,source:a}=e,c=ic({field:cc[r],fileName:a.name,size:a.size}),l=new mc(a,t,n),d=await a.open(l.signal),m=c.body(d,l.note);try{return await n.kube.send(Aa(s,i,a.size),{method:"POST",headers:{...c.headers,...r==="cdi"&&{"file-size":String(a.size)}},body:m,ca:s.ca,signal:l.signal})}catch($){throw(0,A.Te)(n.signal),hc($,a,l.sent)}finally{l.stop(),m.destroy(),d.destroy()}}o(fc,"sendFile");function hc(e,t,n){if(e instanceof f.AK&&e.code.startsWith("UPLOAD_"))return e;const s=`${(0,R.z)(n)} of ${(0,R.z)(t.size)}`;return new f.eG("UPLOAD_CUT",`The upload of ${t.name} broke off after ${s}: ${(0,f.bD)(e)}`,{mend:"Look at proxies between here and Harvester: their time limits and body limits cut long requests.",cause:e})}o(hc,"uploadCut");class mc{static{o(this,"TransferWatch")}sent=0;signal;#e=new AbortController;#t;#n;#i;constructor(t,n,s){this.#t=t,this.#n=n,this.#i=s;const i=this.#e.signal;this.signal=s.signal?AbortSignal.any([s.signal,i]):i,this.#s().catch(()=>{})}note=o(t=>{this.sent=t},"note");stop(){this.#e.abort()}async#s(){const{clock:t,progress:n}=this.#i,s=t.monotonic();let[i,r]=[-1,s];for(;;){this.sent!==i&&([i,r]=[this.sent,t.monotonic()]);const a=this.sent>=this.#t.size,c=t.monotonic()-r;n(this.#o(t.monotonic()-s)),c>(a?this.#n.answer:this.#n.idle)&&this.#e.abort(this.#r(c)),await t.sleep(dc,this.signal)}}#o(t){const{name:n,size:s}=this.#t;if(this.sent>=s)return`${n} is sent; waiting for Harvester's answer`;const i=t>0?`, ${(0,R.z)(Math.round(this.sent*1e3/t))}/s`:"",r=Math.floor(this.sent*100/s);return`uploading ${n}: ${(0,R.z)(this.sent)} of ${(0,R.z)(s)} (${r} %)${i}`}#r(t){const{name:n,size:s}=this.#t,i=this.sent>=s?"the answer did not come":"no byte moved";return new f.eG("UPLOAD_IDLE",`The upload of ${n} stood still after ${(0,R.z)(this.sent)} of ${(0,R.z)(s)}: ${i} for ${(0,F.a)(t)}.`,{mend:"Harvester ends an upload after 30 s without a byte: check the disk or server that is read, and the network."})}}const pc=6e4,gc=/^(UPLOAD_(CUT|IDLE|FAILED)|HARVESTER_IMPORT_FAILED)$/;class $c{static{o(this,"Transfer")}#e;#t;#n;#i;constructor(t,n,s){this.#e=t,this.#t=n,this.#n=s;const{sha512:i}=t,r={...t.annotations,...i&&{[g.HG]:i}};this.#i=Y({...t,annotations:r,origin:t.source})}async run(){const{source:t,retry:n}=this.#e,s=t.kind==="file"?n+1:1;for(let i=1;;i++)try{const{image:r,failures:a}=await this.#o();return{image:r,attempts:i+a}}catch(r){if(i>=s||!wc(r))throw await this.#d(r);const{log:a}=this.#n;a.warning(`${this.#s}: attempt ${i} of ${s} failed: ${(0,f.bD)(r)}`),await this.#c(this.#n)}}get#s(){return`${this.#e.namespace}/${this.#e.name}`}async#o(){const{kube:t,log:n,signal:s}=this.#n,{namespace:i,name:r,source:a,stallAfter:c,ownership:l}=this.#e,d=await rn(t,this.#i,{runId:l.runId,signal:s});n.info(`created image ${this.#s}`),await this.#a(d);const m={...this.#n,namespace:i,name:r,stallAfter:c};a.kind==="file"&&(await ci(m),await this.#r(a,d));const $=await ln(m);return{image:Ye($),failures:$.status?.failed??0}}async#r(t,n){const{namespace:s,name:i,uploadLimits:r}=this.#e,a=n.spec.backend==="cdi"?"cdi":"backingimage",c={endpoint:this.#t,image:{namespace:s,name:i},backend:a,source:t,limits:r};await uc(c,this.#n)}async#a(t){const{kube:n,signal:s}=this.#n,{namespace:i,name:r,displayName:a=r}=this.#e,{uid:c}=t.metadata,d=(await Qn(n,{namespace:i,name:r,displayName:a},{except:c,signal:s})).find(m=>!m.metadata.deletionTimestamp&&rs(m)<rs(t));if(d)throw ts(d)}async#d(t){const{clock:n,log:s,signal:i}=this.#n;if(i?.aborted&&(0,A.Js)(i)instanceof f.cc)return t;const r=(0,A.Bv)(n,pc,void 0,()=>new f.cc);try{const a=await Qa(this.#n.kube,this.#e,{signal:r.signal}),c=t instanceof f.AK&&t.code==="HARVESTER_NAME_TAKEN";return(this.#e.deleteOnFailure||c)&&await this.#c({...this.#n,signal:r.signal}),bc(t,a)}catch(a){return s.warning(`the failed image ${this.#s} may be left: ${(0,f.bD)(a)}`),t}finally{r.clear()}}async#c(t){const{kube:n,signal:s}=t,{namespace:i,name:r}=this.#e,a=await kc(t,this.#e);if(!a)return;const c={metadata:{labels:{[S]:null}}};await n.mergePatch(k.Tx,{namespace:i,name:r},c,{signal:s}).catch(()=>{});const{outcome:l}=await ss(a,t);t.log.info(`removed the failed image ${this.#s} (${l})`)}}function wc(e){return e instanceof f.AK&&gc.test(e.code)}o(wc,"isWorthAnotherImage");const rs=o(({metadata:e})=>`${e.creationTimestamp??""} ${e.uid??""}`,"ageOf");async function kc({kube:e,signal:t},{namespace:n,name:s,ownership:i}){const r=await e.get(k.Tx,{namespace:n,name:s},{signal:t}).catch(a=>{if(!(0,E.c4)(a))throw a});return r&&(0,g.NG)(r,i.runId)?r:void 0}o(kc,"findOwn");function bc(e,t){if(!(e instanceof f.eG)||t.length===0)return e;const{code:n,message:s,mend:i,evidence:r,cause:a}=e;return new f.eG(n,s,{...i&&{mend:i},evidence:[...r,...t],cause:a})}o(bc,"withEvidence");async function yc(e,t){const{kube:n,clock:s,log:i,signal:r}=t,a=s.monotonic(),c={...e,displayName:e.displayName??e.name},l=await Qn(n,c,{signal:r}),d=La(c,l,e.onExisting??"fail");if(d.action==="use")return{image:await vc(d.image,e,t),attempts:0,duration:s.monotonic()-a,skipped:!0};const m=await Ec(e,t);d.action==="replace"&&await Sc(d.images,t);const{image:$,attempts:b}=await new $c(e,m,t).run();await li(n,$,{signal:r});const x=s.monotonic()-a;return i.notice(`imported ${$.id}, storage class ${$.storageClassName}, in ${(0,F.a)(x)}`),{image:$,attempts:b,duration:x,skipped:!1}}o(yc,"importImage");async function vc(e,{namespace:t,stallAfter:n},s){const{name:i}=e.metadata;return s.log.notice(`${t}/${i} holds these bytes already; nothing is imported`),cn({...s,namespace:t,name:i,stallAfter:n})}o(vc,"useExisting");async function Ec({source:e,namespace:t,uploadEndpoint:n={}},s){if(e.kind==="volume"&&await Da(e,s),e.kind==="file")return qa(e),Ra(n,{...s,namespace:t})}o(Ec,"prepareSource");async function Sc(e,t){for(const n of e){const s=`${n.metadata.namespace}/${n.metadata.name}`,i=await ss(n,t);if(i.outcome==="in use")throw Tc(s,i.by);t.log.info(`removed ${s}, which is replaced`)}}o(Sc,"removeFormer");function Tc(e,t){return new f.eG("HARVESTER_IMAGE_IN_USE",`${e} cannot be replaced, it is ${t}`,{mend:"Give the new image a name of its own; the old one can go when nothing stands on it any more."})}o(Tc,"formerInUse");async function Ic(e,{source:t,sha512:n,baseSha256:s,fingerprint:i},r){const{image:a}=await yc({namespace:e.namespace,name:e.names.image,source:t,sha512:n,storageClass:e.storageClass,retry:e.importRetries,ownership:e.ownership,annotations:{[g.iX]:s,...i&&{[g.lj]:i}},description:`${e.recipe.name} (${e.recipeDigest.slice(0,12)}), baked by rke2-actions`,stallAfter:e.limits.stall},r);return a}o(Ic,"importGolden");const Rc="/var/lib/rancher/rke2/server/manifests";function Ac(e){return`use_golden_image  = true
golden_image_name = ${JSON.stringify(e)}
`}o(Ac,"tfvars");function _c(e){const{ciliumPool:t}=e,n=t?[cs("cilium-lb-ippool.yaml",Oc(t)),cs("cilium-l2-policy.yaml",Nc)]:[];return as({...os(e),...n.length>0&&{write_files:n}})}o(_c,"controlPlaneCloudInit");function xc(e){return as(os(e))}o(xc,"workerCloudInit");function os({sshAuthorizedKeys:e}){return e.length>0?{ssh_authorized_keys:e}:{}}o(os,"keys");function as(e){return`#cloud-config
${(0,q.As)(e,{version:"1.1",lineWidth:0})}`}o(as,"cloudConfig");const cs=o((e,t)=>({path:`${Rc}/${e}`,permissions:"0644",content:(0,q.As)(t,{lineWidth:0})}),"manifestFile"),Oc=o(({start:e,stop:t})=>({apiVersion:"cilium.io/v2alpha1",kind:"CiliumLoadBalancerIPPool",metadata:{name:"ingress-pool"},spec:{blocks:[{start:e,stop:t}]}}),"loadBalancerPool"),Nc={apiVersion:"cilium.io/v2alpha1",kind:"CiliumL2AnnouncementPolicy",metadata:{name:"l2-policy"},spec:{serviceSelector:{matchLabels:{}},nodeSelector:{matchExpressions:[{key:"node-role.kubernetes.io/control-plane",operator:"DoesNotExist"}]},interfaces:["^eth1$"],externalIPs:!0,loadBalancerIPs:!0}};var Lc=p(43);function z(e){return e.split(`
`).filter(t=>t.trim()!=="")}o(z,"lines");function H(e,t){return z(e).map(n=>{const s=n.split("	");if(s.length<t)throw new Error(`expected ${t} columns, got "${n.slice(0,80)}"`);return s})}o(H,"columns");function ls(e){const t=e.trim();if(t==="")throw new Error("it is empty");return t}o(ls,"oneLine");function ds(e){if(!/^\d+$/.test(e.trim()))throw new Error(`"${e.trim().slice(0,40)}" is not a whole number`);return Number(e)}o(ds,"wholeNumber");function Rt(e){const t=[];for(const n of z(e))if(n.startsWith("="))t.push({head:n.slice(1),body:[]});else if(t.length>0)t.at(-1).body.push(n);else throw new Error(`"${n.slice(0,80)}" stands before the first block`);return t}o(Rt,"blocks");function V(e){return Rt(e).map(({head:t,body:n})=>({path:t,lines:n.map(s=>s.slice(1))}))}o(V,"textFiles");function De(e){const n=(typeof e=="string"?e.split(`
`):e).map(s=>/^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(s)).filter(s=>s!==null).map(s=>[s[1],s[2].replace(/^(["'])(.*)\1$/,"$2")]);return Object.fromEntries(n)}o(De,"assignments");function At(e){return e.match(/(?:[^\s"]|"[^"]*")+/g)??[]}o(At,"kernelArguments");function Pc(e){return V(e).map(({path:t,lines:n})=>{const s=o(i=>n.filter(r=>new RegExp(`^${i}\\s`).test(r)).map(r=>r.slice(i.length).trim()),"values");return{id:t.replace(/^.*\//,"").replace(/\.conf$/,""),path:t,version:s("version")[0],linux:s("linux")[0],initrd:s("initrd").flatMap(i=>i.split(/\s+/)),options:s("options").flatMap(At)}})}o(Pc,"readBootEntries");function Cc(e){return H(e,3).map(([t,n,s])=>({path:s,size:Number(t),modified:Number(n)}))}o(Cc,"readBootFiles");function us(e){return H(e,3).map(([t,n,s])=>({kernel:t,kind:n==="file"||n==="builtin"?n:"absent",module:s}))}o(us,"readModuleKinds");function Mc(e){const t=o((n,s)=>n.filter(i=>i.startsWith(`${s} `)).map(i=>i.slice(s.length+1)),"named");return Rt(e).map(({head:n,body:s})=>({kernel:n.split(" ")[0],path:n.split(" ").slice(1).join(" "),modules:t(s,"module"),hostOnly:t(s,"host-only")}))}o(Mc,"readInitramfs");const Dc=u._H3({format:u.YjP(),"virtual-size":u.aig(),"backing-filename":u.YjP().optional(),"format-specific":u._H3({data:u._H3({corrupt:u.zMY().default(!1)})}).optional()});function Uc(e){const t=Dc.parse(JSON.parse(e));return{format:t.format,virtualSize:t["virtual-size"],backingFile:t["backing-filename"],corrupt:t["format-specific"]?.data.corrupt??!1}}o(Uc,"readImageInfo");const zc=u._H3({"check-errors":u.aig(),corruptions:u.aig().default(0),leaks:u.aig().default(0),"allocated-clusters":u.aig().optional(),"compressed-clusters":u.aig().default(0)});function Gc(e){const t=zc.parse(JSON.parse(e));return{errors:t["check-errors"],corruptions:t.corruptions,leaks:t.leaks,allocatedClusters:t["allocated-clusters"],compressedClusters:t["compressed-clusters"]}}o(Gc,"readImageCheck");function Fc(e){return Rt(e).map(({head:t,body:n})=>{const s=new Map(n.map(r=>[r.split(":")[0],r.replace(/^[^:]*:\s*/,"")])),i=s.get("PART_ENTRY_OFFSET");return{device:t,uuid:s.get("UUID"),label:s.get("LABEL"),type:s.get("TYPE"),partitionType:s.get("PART_ENTRY_TYPE")?.toLowerCase(),partitionUuid:s.get("PART_ENTRY_UUID"),partitionLabel:s.get("PART_ENTRY_NAME"),offset:i===void 0?void 0:Number(i)}})}o(Fc,"readFilesystems");function Bc(e){return H(e,3).map(([t,n,s])=>{if(!/^\d+$/.test(s))throw new Error(`the check of ${t} gave no result`);return{device:t,type:n,status:Number(s)}})}o(Bc,"readFilesystemChecks");function Hc(e){return H(e,2).map(([t,n])=>({path:t,device:n}))}o(Hc,"readMounts");function Kc(e){return z(e).slice(1).map(t=>t.split(/\s+/)).map(t=>({path:t[5],kilobytes:Number(t[1]),available:Number(t[3])}))}o(Kc,"readFreeSpace");function Wc(e){return H(e,8).filter(([t])=>t!=="gpg-pubkey").map(([t,n,s,i,r,a,c,l])=>({name:t,epoch:Number(n),version:s,release:i,arch:r,source:a,signer:/^[0-9a-f]{16,40}$/i.test(c)?c.toLowerCase().slice(-16):void 0,installed:Number(l)}))}o(Wc,"readPackages");function jc(e){return H(e,2).map(([t,n,s])=>({package:t,reason:n,repository:s??""}))}o(jc,"readReasons");function Vc(e){return z(e).map(t=>{const n=/^(missing|[A-Z0-9.?]{8,9})\s+(?:([a-z])\s+)?(\/.*?)(?: \(.*\))?$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of rpm -V`);return{what:n[1],attribute:n[2]??"",path:n[3]}})}o(Vc,"readVerify");function Yc(e,t){return t.status===0?"":`${e}
${t.error}`.trim()||`status ${t.status}`}o(Yc,"readDatabaseCheck");function qc(e){return V(e).flatMap(({path:t,lines:n})=>{const s=[];for(const i of n){const r=/^\s*\[([^\]]+)\]/.exec(i)?.[1],a=/^\s*([\w]+)\s*=\s*(.*?)\s*$/.exec(i);r?s.push({id:r,file:t,settings:{}}):a&&s.length>0&&(s.at(-1).settings[a[1].toLowerCase()]=a[2])}return s})}o(qc,"readRepositories");const Zc={f:"file",d:"directory",l:"link",absent:"absent"};function Xc(e){return new Map(H(e,9).map(([t,n,s,i,r,,a,c,l])=>[l,{kind:Zc[t]??"other",mode:n.padStart(4,"0"),owner:s,group:i,size:Number(r),selinuxType:a.split(":")[2],target:c}]))}o(Xc,"readPaths");function Jc(e){return new Map(z(e).map(t=>{const n=/^\\?([0-9a-f]{64}) [ *](.+)$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of sha256sum`);return[n[2],n[1]]}))}o(Jc,"readDigests");function Qc(e){return new Map(H(e,2).map(([t,n])=>[n,Number(t)]))}o(Qc,"readDirectoryEntries");function el(e){const t=new Map;for(const[n,s]of H(e,2))t.set(n,[...t.get(n)??[],s]);return t}o(el,"readGlobs");function tl(e){return H(e,5).map(([t,n,s,i,r])=>({name:t,uid:Number(n),shell:s,home:i,password:r==="locked"||r==="empty"?r:"set"}))}o(tl,"readAccounts");function nl(e){return H(e,2).map(([t,n])=>({size:Number(t),path:n}))}o(nl,"readHomeFiles");function sl(e){return H(e,2).map(([t,n])=>({kind:t,path:n}))}o(sl,"readSecrets");function il(e){return H(e,3).map(([t,n,s])=>({place:t==="anchor"?"anchor":"bundle",sha256:n,path:s}))}o(il,"readCertificates");function rl(e){return new Map(H(e,2).map(([t,n])=>[t,n||"not-found"]))}o(rl,"readUnits");function fs(e){const t=z(e),n=/^total (\d+)$/.exec(t.at(-1)??"")?.[1];if(n===void 0)throw new Error("the walk over the files did not reach its end");return{total:Number(n),first:t.slice(0,-1)}}o(fs,"readSample");const hs={imageSize:{section:"image-size",read:ds},imageInfo:{section:"image-info",read:Uc},imageCheck:{section:"image-check",read:Gc,anyStatus:!0},partitionTable:{section:"partition-table",read:ls},filesystems:{section:"filesystems",read:Fc},physicalVolumes:{section:"physical-volumes",read:z},filesystemChecks:{section:"filesystem-checks",read:Bc},mounts:{section:"mounts",read:Hc},freeSpace:{section:"free-space",read:Kc},osRelease:{section:"os-release",read:De},packages:{section:"packages",read:Wc},packageReasons:{section:"package-reasons",read:jc},packageVerify:{section:"package-verify",read:Vc},databaseErrors:{section:"database-check",read:Yc,anyStatus:!0},securityUpdates:{section:"security-updates",read:z},paths:{section:"paths",read:Xc},digests:{section:"digests",read:Jc},directoryEntries:{section:"directory-entries",read:Qc},globs:{section:"globs",read:el},accounts:{section:"accounts",read:tl},sudo:{section:"sudo",read:V},homeFiles:{section:"home-files",read:nl},secrets:{section:"secrets",read:sl},networkIdentity:{section:"network-identity",read:z},temporaryFiles:{section:"temporary-files",read:z},logKilobytes:{section:"log-kilobytes",read:ds},packageCache:{section:"package-cache",read:z},hostNames:{section:"host-names",read:V},repositories:{section:"repositories",read:qc},repositoryKeys:{section:"repository-keys",read:z},policyModules:{section:"policy-modules",read:z},bootEntries:{section:"boot-entries",read:Pc},bootConfiguration:{section:"boot-configuration",read:V},bootFiles:{section:"boot-files",read:Cc},espConfiguration:{section:"esp-configuration",read:V},kernels:{section:"kernels",read:z},kernelModules:{section:"kernel-modules",read:us},drivers:{section:"drivers",read:us},initramfs:{section:"initramfs",read:Mc},firewall:{section:"firewall",read:V},sysctls:{section:"sysctls",read:V},networkManager:{section:"network-manager",read:V},goldenRelease:{section:"golden-release",read:V},certificates:{section:"certificates",read:il},units:{section:"units",read:rl},presets:{section:"presets",read:V},defaultTarget:{section:"default-target",read:ls},danglingUnits:{section:"dangling-units",read:z},selinuxConfiguration:{section:"selinux-configuration",read:V},unlabelled:{section:"unlabelled",read:fs},mislabelled:{section:"mislabelled",read:fs}},ol=Object.keys(hs),al=u._H3({schemaVersion:u.euz(1),sections:u.g1P(u.YjP(),u._H3({status:u.aig(),text:u.YjP(),truncated:u.zMY().default(!1),error:u.YjP().default("")}))});function cl(e){const{sections:t}=ll(e),n=t.session?.status===0?t.guest:t.session,s={},i={};for(const r of ol){const a=dl(hs[r],t,n);"value"in a?s[r]=a.value:i[r]=a.reason}return{values:s,missing:i}}o(cl,"parseFacts");function ll(e){try{return al.parse(JSON.parse(e))}catch(t){throw new f.eG("FACTS_INVALID",`The probe did not deliver a document of facts: ${(0,f.bD)(t)}`,{mend:"Look at the log of the probe; libguestfs-test-tool shows whether libguestfs works on that machine.",cause:t})}}o(ll,"parseDocument");function dl(e,t,n){const s=t[e.section];if(!s)return{reason:ms(n?.error)||`the probe delivered no section "${e.section}"`};if(s.truncated)return{reason:`section "${e.section}" is longer than its limit and was cut off`};if(s.status!==0&&!e.anyStatus)return{reason:ms(s.error)||`collecting "${e.section}" ended with status ${s.status}`};try{return{value:e.read(s.text,s)}}catch(i){return{reason:`section "${e.section}" cannot be read: ${(0,f.bD)(i)}`}}}o(dl,"readFact");function ms(e){return(e??"").trim().split(`
`).slice(0,3).join("; ")}o(ms,"firstLines");function ps(e){const t=/^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(e);return{epoch:Number(t[1]??0),version:t[2],release:t[3]??""}}o(ps,"parseEvr");function gs(e,t){const n=typeof e=="string"?ps(e):e,s=typeof t=="string"?ps(t):t;return Math.sign(n.epoch-s.epoch)||_t(n.version,s.version)||_t(n.release,s.release)}o(gs,"compareEvr");function _t(e,t){if(e===t)return 0;let[n,s]=[e,t];for(;;){n=n.replace(/^[^A-Za-z0-9~^]+/,""),s=s.replace(/^[^A-Za-z0-9~^]+/,"");const i=ul(n,s);if(i==="both"){[n,s]=[n.slice(1),s.slice(1)];continue}if(i!==void 0)return i;if(n===""||s==="")return Math.sign(n.length-s.length);const[r,a]=fl(n,s);if(a==="")return/^\d/.test(r)?1:-1;const c=hl(r,a);if(c!==0)return c;[n,s]=[n.slice(r.length),s.slice(a.length)]}}o(_t,"compareVersions");function ul(e,t){if(e.startsWith("~")||t.startsWith("~"))return e.startsWith("~")?t.startsWith("~")?"both":-1:1;if(!(!e.startsWith("^")&&!t.startsWith("^")))return e===""?-1:t===""||!e.startsWith("^")?1:t.startsWith("^")?"both":-1}o(ul,"compareMarks");function fl(e,t){const n=/^\d/.test(e)?/^\d+/:/^[A-Za-z]+/;return[n.exec(e)[0],n.exec(t)?.[0]??""]}o(fl,"segments");function hl(e,t){if(!/^\d/.test(e))return e<t?-1:e>t?1:0;const[n,s]=[e.replace(/^0+/,""),t.replace(/^0+/,"")];return n.length!==s.length?Math.sign(n.length-s.length):n<s?-1:n>s?1:0}o(hl,"compareSegments");function ml(e,t){const{values:n,missing:s}=e;if(!n.packages)throw new f.eG("MANIFEST_INCOMPLETE",`There is no package list: ${s.packages??"not collected"}`,{mend:"See the verdict: the rules that need the list are errors for the same reason."});const i=new Map(n.initramfs?.map(r=>[r.kernel,r.modules]));return{schemaVersion:1,...t,system:{name:n.osRelease?.ID??"",version:n.osRelease?.VERSION_ID??""},packages:n.packages.toSorted(wl).map(r=>$l(r,e)),kernels:(n.kernels??[]).toSorted().map(r=>({version:r,initramfsModules:i.get(r)??[]})),units:Object.fromEntries([...n.units??[]].toSorted(([r],[a])=>Ue(r,a))),repositories:(n.repositories??[]).map(({id:r,settings:a})=>({id:r,enabled:a.enabled!=="0",url:a.baseurl??a.mirrorlist??a.metalink??""})).toSorted((r,a)=>Ue(r.id,a.id)),files:[...n.digests??[]].map(([r,a])=>({path:r,sha256:a,mode:n.paths?.get(r)?.mode??""})).toSorted((r,a)=>Ue(r.path,a.path))}}o(ml,"manifestOf");const O=u.YjP(),pl=u._H3({schemaVersion:u.euz(1),recipe:u._H3({name:O,digest:O,layers:u.YOg(O)}),base:u._H3({url:O,sha256:O}),system:u._H3({name:O,version:O}),packages:u.YOg(u._H3({name:O,epoch:u.aig(),version:O,release:O,arch:O,source:O})),kernels:u.YOg(u._H3({version:O,initramfsModules:u.YOg(O)})),units:u.g1P(O,O),repositories:u.YOg(u._H3({id:O,enabled:u.zMY(),url:O})),files:u.YOg(u._H3({path:O,sha256:O,mode:O}))});function Ah(e){try{return pl.parse(JSON.parse(e))}catch(t){throw new UserError("MANIFEST_INVALID",`This is no manifest of an image: ${messageOf(t)}`,{mend:"Give a manifest.json written by the golden build or by `recipe verify --manifest`.",cause:t})}}o(Ah,"parseManifest");function _h(e){const{recipe:t,base:n,...s}=e;return hashOf("sha256",canonicalJson(s))}o(_h,"contentDigest");function xh(e){return`${e.name}-${gl(e)}.${e.arch}`}o(xh,"nevraOf");function gl({epoch:e,version:t,release:n}){return`${e===0?"":`${e}:`}${t}-${n}`}o(gl,"evrOf");function $l(e,{values:t}){const{name:n,epoch:s,version:i,release:r,arch:a,source:c,signer:l}=e,d=t.packageReasons?.find(m=>m.package===`${n}.${a}`);return{name:n,epoch:s,version:i,release:r,arch:a,source:c,...l?{signer:l}:{},...d&&d.reason!=="unknown"?{reason:d.reason}:{},...d?.repository?{repository:d.repository}:{}}}o($l,"manifestPackage");function wl(e,t){return Ue(e.name,t.name)||Ue(e.arch,t.arch)||gs(e,t)}o(wl,"byNevra");function Ue(e,t){return e<t?-1:e>t?1:0}o(Ue,"order");class Z{static{o(this,"Skip")}reason;constructor(t){this.reason=t}}class de extends Error{static{o(this,"MissingFact")}constructor(t,n){super(`${t}: ${n}`),this.name="MissingFact"}}function h(e,t){const n=e.facts.values[t];if(n===void 0)throw new de(t,e.facts.missing[t]??"not collected");return n}o(h,"need");function ue(e,t){const n=h(e,"paths").get(t);if(!n)throw new de("paths",`the probe did not look at ${t}`);return n}o(ue,"needPath");function xt(e,t){const n=h(e,"globs");return[...new Set(t.flatMap(s=>n.get(s)??[]))]}o(xt,"matches");function fe(e,t){return xt(e,t).map(n=>`${n} exists`)}o(fe,"existing");const kl="c12a7328-f81f-11d2-ba4b-00a0c93ec93b",bl="21686148-6449-6e6f-744e-656564454649",yl=1.15,vl=.5;function ze(e,t){const n=h(e,"mounts").find(i=>i.path===t)?.device;if(!n)return;const s=h(e,"filesystems").find(i=>i.device===n);if(!s)throw new de("filesystems",`nothing is known of ${n}, mounted at ${t}`);return s}o(ze,"mountedFilesystem");function El(e){const t=h(e,"imageInfo"),n=h(e,"imageCheck"),s=e.expectations.image.virtualSize,i=[];return t.format!=="qcow2"&&i.push(`the format is ${t.format}`),t.backingFile&&i.push(`it has a backing file: ${t.backingFile}`),t.corrupt&&i.push("its header says that it is corrupt"),n.errors+n.corruptions>0&&i.push(`qemu-img check: ${n.errors} errors, ${n.corruptions} corruptions`),n.leaks>0&&i.push(`qemu-img check: ${n.leaks} leaked clusters`),s!==void 0&&t.virtualSize<s&&i.push(`the disk has ${(0,R.z)(t.virtualSize)}, the recipe asks for ${(0,R.z)(s)}`),i}o(El,"checkImage");function Sl({outside:{digests:e}}){if(!e)throw new de("digests","no digests of the finished file were given");const t=[];return/^[0-9a-f]{64}$/.test(e.sha256)||t.push(`"${e.sha256}" is no sha256`),/^[0-9a-f]{128}$/.test(e.sha512)||t.push(`"${e.sha512}" is no sha512`),e.sha512After!==void 0&&e.sha512After!==e.sha512&&t.push("the file changed between the bake and the end of the proof"),t}o(Sl,"checkDigests");function Tl(e){const t=h(e,"imageSize"),{virtualSize:n}=h(e,"imageInfo"),{compressedClusters:s}=h(e,"imageCheck"),i=e.expectations.image.maximumSize,r=e.outside.stable?.size,a=[];return i!==void 0&&t>i&&a.push(`${(0,R.z)(t)} exceed the budget of ${(0,R.z)(i)}`),r!==void 0&&t>r*yl&&a.push(`${(0,R.z)(t)} are more than 15 % above the ${(0,R.z)(r)} of the image in use`),s===0&&t>n*vl&&a.push(`neither compressed nor sparse: ${(0,R.z)(t)} of ${(0,R.z)(n)}`),a}o(Tl,"checkSize");function Il(e){const t=h(e,"filesystemChecks"),s=h(e,"mounts").filter(i=>!t.some(r=>r.device===i.device));return[...t.filter(i=>i.status!==0).map(i=>`${i.device} (${i.type}) is not clean: status ${i.status}`),...s.map(i=>`${i.device}, mounted at ${i.path}, has a type that cannot be checked`)]}o(Il,"checkFilesystems");function Rl(e){const t=h(e,"partitionTable"),s=h(e,"filesystems").filter(c=>c.partitionType!==void 0),i=ze(e,"/"),r=s.toSorted((c,l)=>(c.offset??0)-(l.offset??0)).at(-1),a=[];return t!=="gpt"&&a.push(`the partition table is ${t}, not gpt`),s.some(c=>c.partitionType===kl)||a.push("there is no EFI system partition"),s.some(c=>c.partitionType===bl)||a.push("there is no BIOS boot partition"),i?.device!==r?.device&&a.push(`/ is on ${i?.device??"nothing"}, but ${r?.device??"nothing"} is last: growpart cannot grow it`),[...a,...h(e,"physicalVolumes").map(c=>`${c} is an LVM physical volume`)]}o(Rl,"checkPartitions");function Al(e){const t=h(e,"freeSpace").find(i=>i.path==="/");if(!t)throw new de("freeSpace","df did not name /");const n=Math.floor(100*t.available/t.kilobytes),s=e.expectations.image.minimumFreePercent;return n<s?[`${n} % of / are free, ${s} % are asked for`]:[]}o(Al,"checkFreeSpace");const _l=[{id:"ART-1",severity:"must",title:"The qcow2 file is sound",trace:"original build guide \xA72; kola build-validate",expected:"qcow2 without backing file, clean for qemu-img check, at least as large as declared",mend:"Bake again; if it recurs, look at the storage of the builder and at the compress phase.",check:El},{id:"ART-2",severity:"must",title:"Its digests are recorded and still hold after the proof",trace:"VirtualMachineImage spec.checksum; osism/k8s-capi-images#339",expected:"sha256 and sha512; the same when measured again",mend:"Discard the file: something wrote to it after it was finished.",check:Sl},{id:"ART-3",severity:"should",title:"Its size stays within bounds",trace:'original build guide "1.5\u20132 GB compressed"',expected:"within the recipe\u2019s budget, at most 15 % above the image in use, compressed or sparse",mend:"Compare the manifests for what was added; bake with compression; or raise image.maximumSize.",check:Tl},{id:"ART-4",severity:"must",title:"Every filesystem is clean",trace:"coreos-assembler gf-fsck; Rocky kickstart partition layout",expected:"fsck and xfs_repair -n find nothing to repair",mend:"Bake again: the image was not unmounted in order.",check:Il},{id:"ART-5",severity:"must",title:"The partitions boot under UEFI and BIOS and can grow",trace:"Rocky-9-GenericCloud-Base.ks; platform architecture EFI boot",expected:"GPT with ESP and BIOS boot partition, / on the last partition, no LVM",mend:"Use the GenericCloud-Base image as base, not the LVM variant.",check:Rl},{id:"ART-6",severity:"should",title:"There is room on /",trace:"facts/golden-images.md \xA74.1",expected:"at least the recipe\u2019s minimumFreePercent of / free",mend:"Raise image.virtualSize or bake less into the image.",check:Al}],$s=/^guestfs/,xl=/^console=(tty0|ttyS0(,\S+)?)$/,ws=/^(none|tmpfs|proc|sysfs|devpts|debugfs|hugetlbfs)$/;function Xe(e){return e.options.filter(t=>!t.startsWith("$"))}o(Xe,"argumentsOf");function Ol(e){return/rescue/.test(e.id)}o(Ol,"isRescue");function Nl(e,t){return h(e,"mounts").some(s=>s.path==="/boot")?`/boot${t}`:t}o(Nl,"imagePath");function Ot(e,t){return e===t||!t.includes("=")&&e.split("=")[0]===t}o(Ot,"isArgument");function ks(e,t){return e.some(n=>Ot(n,t)||n.startsWith(`${t},`))}o(ks,"hasRequired");function bs(e,t){const[n,s]=e.replaceAll('"',"").split(/=(.*)/s),{uuid:i,label:r,partitionUuid:a,partitionLabel:c,device:l}=t,d={UUID:i,LABEL:r,PARTUUID:a,PARTLABEL:c}[n];return s===void 0?e===l:d!==void 0&&d.toLowerCase()===s.toLowerCase()}o(bs,"refersTo");function Ll(e,t){const n=new Set(h(e,"bootFiles").map(d=>d.path)),{forbidden:s}=e.expectations.kernelCommandLine,i=ze(e,"/"),r=Xe(t),a=[t.linux,...t.initrd].filter(d=>d!==void 0&&!d.startsWith("$")),c=r.filter(d=>d.startsWith("root=")),l=r.filter(d=>$s.test(d)||s.some(m=>Ot(d,m))||d.startsWith("console=")&&!xl.test(d));return[...t.linux?[]:["names no kernel"],...t.initrd.length>0?[]:["names no initramfs"],...a.filter(d=>!n.has(Nl(e,d))).map(d=>`names ${d}, which does not exist`),...c.length===1&&i&&bs(c[0].slice(5),i)?[]:[`${c.join(" ")||"no root="} does not mean the root filesystem, UUID ${i?.uuid??"unknown"}`],...r.includes("ro")?[]:["lacks ro"],...l.filter(d=>!/^systemd\.machine_id/.test(d)).map(d=>`has ${d}`)].map(d=>`${t.id}: ${d}`)}o(Ll,"entryFaults");function Pl(e){const t=h(e,"bootEntries");return t.length===0?["there is no boot loader entry"]:t.flatMap(n=>Ll(e,n))}o(Pl,"checkEntries");function Cl(e){const{required:t}=e.expectations.kernelCommandLine;return h(e,"bootEntries").flatMap(n=>t.filter(s=>!ks(Xe(n),s)).map(s=>`${n.id} lacks ${s}`))}o(Cl,"checkRequired");function Ml(e){const t=h(e,"bootConfiguration"),n=h(e,"bootEntries"),{required:s,forbidden:i}=e.expectations.kernelCommandLine,r=t.find(d=>d.path==="/etc/kernel/cmdline")?.lines.join(" ");if(r===void 0)return["/etc/kernel/cmdline does not exist: the next kernel takes the running one\u2019s arguments"];const a=At(r),c=t.find(d=>d.path==="/etc/default/grub"),l=At(De(c?.lines??[]).GRUB_CMDLINE_LINUX??"");return[...n.filter(d=>!Dl(Xe(d),a)).map(d=>`${d.id} has other options than /etc/kernel/cmdline`),...c?[]:["/etc/default/grub does not exist"],...s.filter(d=>c&&!ks(l,d)).map(d=>`/etc/default/grub lacks ${d}`),...l.filter(d=>$s.test(d)||i.some(m=>Ot(d,m))).map(d=>`/etc/default/grub has ${d}`)]}o(Ml,"checkCommandLine");function Dl(e,t){const n=o(s=>[...new Set(s.filter(i=>!i.startsWith("$")))].sort().join(`
`),"key");return n(e)===n(t)}o(Dl,"sameArguments");function Ul(e){const t=h(e,"bootEntries").filter(c=>!Ol(c)),n=h(e,"kernels"),s=h(e,"bootConfiguration").find(c=>c.path==="/boot/grub2/grubenv"),i=De(s?.lines??[]).saved_entry,r=t.toSorted((c,l)=>_t(c.version??"",l.version??"")).at(-1),a=o(c=>t.filter(l=>l.version===c).length,"perKernel");return[...i===r?.id?[]:[`saved_entry is ${i??"not set"}, the newest entry is ${r?.id??"none"}`],...n.filter(c=>a(c)!==1).map(c=>`${c} has ${a(c)} entries`),...t.filter(c=>!n.includes(c.version??"")).map(c=>`${c.id} is of no installed kernel`)]}o(Ul,"checkDefault");function zl(e){const t=h(e,"bootFiles").map(a=>a.path.toLowerCase()),n=h(e,"espConfiguration"),s=ze(e,"/boot")??ze(e,"/"),i=o(a=>t.some(c=>a.test(c)),"has"),r=n.filter(a=>!a.lines.some(c=>/--fs-uuid/.test(c)&&c.includes(s?.uuid??"?")));return[...i(/^\/boot\/efi\/efi\/.*\/shim(x64)?\.efi$/)?[]:["the ESP has no shim"],...i(/^\/boot\/efi\/efi\/.*\/grubx64\.efi$/)?[]:["the ESP has no GRUB"],...n.length>0?[]:["the ESP has no grub.cfg"],...r.map(a=>`${a.path} does not search ${s?.uuid??"the boot filesystem"}`)]}o(zl,"checkEsp");function Gl(e){const t=h(e,"bootEntries").map(s=>({where:s.id,all:Xe(s)})),n=h(e,"bootConfiguration").filter(s=>s.path!=="/etc/fstab").map(s=>({where:s.path,all:s.lines.flatMap(i=>i.split(/[\s"]+/))}));return[...t,...n].filter(({all:s})=>s.some(i=>i.startsWith("systemd.machine_id="))).map(({where:s})=>`${s} has systemd.machine_id`)}o(Gl,"checkMachineIdArgument");function Fl(e,t){const n=h(e,"packages").find(i=>i.name==="kernel-core"&&`${i.version}-${i.release}.${i.arch}`===t),s=h(e,"bootFiles").find(i=>i.path===`/boot/vmlinuz-${t}`);return n?.installed??s?.modified??0}o(Fl,"kernelTime");function Bl(e,t,n){const s=ze(e,"/")?.type,i=[...e.expectations.initramfs.drivers,...s==="xfs"||s==="ext4"?[s]:[]],r=new Map(h(e,"drivers").filter(l=>l.kernel===t).map(l=>[l.module,l.kind])),a=new Set(n.modules);return[...(h(e,"bootFiles").find(l=>l.path===n.path)?.modified??0)<Fl(e,t)?[`${n.path} is older than its kernel`]:[],...i.map(l=>l.replaceAll("-","_")).filter(l=>!a.has(l)&&r.get(l)!=="builtin").map(l=>r.get(l)==="file"?`${n.path} lacks ${l}`:`${t} has no driver ${l}`),...n.hostOnly.map(l=>`${n.path} was built for one machine: ${l}`)]}o(Bl,"initramfsFaults");function Hl(e){const t=h(e,"initramfs"),n=h(e,"kernels");return n.length===0?["there is no kernel"]:n.flatMap(s=>{const i=t.find(r=>r.kernel===s);return i?Bl(e,s,i):[`${s} has no initramfs`]})}o(Hl,"checkInitramfs");function Kl(e){const t=h(e,"filesystems"),s=(h(e,"bootConfiguration").find(i=>i.path==="/etc/fstab")?.lines??[]).filter(i=>!/^\s*(#|$)/.test(i)).map(i=>i.trim().split(/\s+/));return s.length===0?["/etc/fstab is missing or empty"]:s.flatMap(([i="",r="",a=""])=>a==="swap"?[`${i} is swap`]:ws.test(i)||ws.test(a)?[]:t.some(c=>bs(i,c))?[]:[`${i} for ${r} does not exist`])}o(Kl,"checkFstab");function Wl(e){const t=h(e,"kernelModules");if(t.length===0&&e.expectations.kernelModules.length===0)return new Z("no module is loaded at boot");const n=h(e,"kernels"),s=e.expectations.kernelModules.map(i=>i.replaceAll("-","_")).flatMap(i=>n.map(r=>({kernel:r,module:i}))).filter(({kernel:i,module:r})=>!t.some(a=>a.kernel===i&&a.module===r));return[...t.filter(i=>i.kind==="absent").map(i=>`${i.kernel} has no module ${i.module}`),...s.map(({kernel:i,module:r})=>`${i}: ${r} was not looked for`)]}o(Wl,"checkModules");const jl=[{id:"BLS-1",severity:"must",title:"Boot entries are those of the image, not of its build",trace:'original build guide "GRUB Boot Loader Fix"; D18',expected:"kernel and initramfs exist, root= is the root filesystem, ro, no forbidden argument, consoles tty0 and ttyS0",mend:"Write /etc/kernel/cmdline before the first package is installed; keep the fixing step last.",check:Pl},{id:"BLS-2",severity:"must",title:"Every entry has the required arguments",trace:"original build guide; Rocky kickstart bootloader line",expected:"kernel-command-line.required on every entry",mend:"Look at the step that fixes boot entries.",check:Cl},{id:"BLS-3",severity:"must",title:"Future kernels get the same command line",trace:"kernel-install reads /etc/kernel/cmdline before /proc/cmdline",expected:"/etc/kernel/cmdline equals the options of the entries; /etc/default/grub agrees",mend:"Let one step write all three from the recipe.",check:Ml},{id:"BLS-4",severity:"must",title:"The newest kernel is the default, each kernel has one entry",trace:"dnf update adds entries",expected:"saved_entry names the newest entry; one entry per kernel besides a rescue entry",mend:"Set it with grub2-editenv; remove entries of kernels that are gone.",check:Ul},{id:"BLS-5",severity:"must",title:"UEFI firmware finds the boot loader",trace:"platform architecture EFI boot",expected:"shim and GRUB on the ESP; its grub.cfg searches the filesystem that holds /boot",mend:"Do not change filesystem UUIDs (virt-sysprep fs-uuids) after the base image was made.",check:zl},{id:"BLS-6",severity:"must",title:"No machine id on the kernel command line",trace:"systemd\u2019s kernel-install adds it to entries named by machine id; D17",expected:"no systemd.machine_id= in entries, /etc/kernel/cmdline, grub settings",mend:"Remove it: every node would have the same machine id.",check:Gl},{id:"INI-1",severity:"must",title:"Every kernel has a generic initramfs with the drivers",trace:"original build guide dracut section; D19",expected:"newer than its kernel; initramfs.drivers and the root filesystem\u2019s driver in it or built in; no host-only traces",mend:"Rebuild with dracut --no-hostonly after the last package for every installed kernel.",check:Hl},{id:"INI-2",severity:"must",title:"Everything in fstab exists, and there is no swap",trace:"kubelet refuses swap by default",expected:"each UUID or label of /etc/fstab on this disk; no swap",mend:"Correct /etc/fstab in the recipe.",check:Kl},{id:"INI-3",severity:"should",title:"Modules to be loaded at boot exist for every kernel",trace:"overlay, br_netfilter",expected:"each name in modules-load.d is a module of every kernel or built in",mend:"Install kernel-modules, or remove the name from kernel-modules.",check:Wl}];function ys(e){const t=new Map;let n="";for(const s of e){const i=s.trim(),r=/^:(\S+)\s+(\S+)/.exec(i),a=/^(?:\[\d+:\d+\]\s+)?-A\s+(\S+)\s*(.*)$/.exec(i);if(!(i===""||i.startsWith("#")||i==="COMMIT"))if(i.startsWith("*"))n=i.slice(1);else if(r)t.set(`${n}/${r[1]}`,{policy:r[2],rules:[]});else if(a&&t.has(`${n}/${a[1]}`))t.get(`${n}/${a[1]}`).rules.push(a[2].replace(/\s+/g," "));else throw new Error(`"${i}" is no line that iptables-restore accepts here`)}return t}o(ys,"parseIptables");function Vl(e,t){return[...new Set([...t.keys(),...e.keys()])].flatMap(s=>{const[i,r]=[e.get(s),t.get(s)];return i?r?Yl(s,i,r):[`chain ${s} is additional`]:[`chain ${s} is missing`]})}o(Vl,"differences");function Yl(e,t,n){const s=o(r=>r.rules.slice(0,r.rules.findIndex(a=>/ESTABLISHED/.test(a))+1),"early"),i=s(t).filter(r=>n.rules.includes(r)&&!s(n).includes(r));return[...t.policy===n.policy?[]:[`policy of ${e} is ${t.policy}, not ${n.policy}`],...n.rules.filter(r=>!t.rules.includes(r)).map(r=>`${e} lacks: ${r}`),...t.rules.filter(r=>!n.rules.includes(r)).map(r=>`${e} has: ${r}`),...i.map(r=>`${e}: "${r}" stands before the rule for established connections`)]}o(Yl,"chainDifferences");const ql=["/etc/sysctl.d/","/usr/local/lib/sysctl.d/","/usr/lib/sysctl.d/"];function Zl(e,t){let n,s;for(const{path:i,lines:r}of Xl(e))for(const a of r){const c=/^\s*-?\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(a);if(!c)continue;const l=c[1].replaceAll("/","."),d={value:c[2].replace(/\s+/g," "),path:i};l===t?n=d:l.includes("*")&&Jl(l).test(t)&&(s=d)}return n??s}o(Zl,"effectiveSysctl");function Xl(e){const t=o(a=>a.replace(/^.*\//,""),"name"),n=o(a=>ql.findIndex(c=>a.startsWith(c)),"rank"),s=e.filter(a=>n(a.path)>=0);return[...s.filter(a=>!s.some(c=>t(c.path)===t(a.path)&&n(c.path)<n(a.path))).toSorted((a,c)=>t(a.path)<t(c.path)?-1:1),...e.filter(a=>a.path==="/etc/sysctl.conf")]}o(Xl,"ordered");function Jl(e){return new RegExp(`^${e.replaceAll(".","\\.").replaceAll("*","[^.]*")}$`)}o(Jl,"patternOf");const Ql=["/etc/sysconfig/iptables","/etc/sysconfig/ip6tables"],vs="/etc/NetworkManager/dispatcher.d/",Es=["cilium*","lxc*","cali*","flannel*"],ed=/^\/(tmp|var\/tmp|var\/cache|root\/\.|home\/)|^\/root\/\.ssh/;function Nt(e,t){const n=ue(e,t.path);if(n.kind==="absent")return[`${t.path} does not exist`];if(n.kind!=="file")return[`${t.path} is no regular file`];const s=[];return n.mode!==t.mode&&s.push(`${t.path} has mode ${n.mode}, not ${t.mode}`),(n.owner!==t.owner||n.group!==t.group)&&s.push(`${t.path} belongs to ${n.owner}:${n.group}, not ${t.owner}:${t.group}`),s}o(Nt,"stateFaults");function Ss(e,t){if(ue(e,t.path).kind!=="file")return[];const n=h(e,"digests").get(t.path);if(!n)throw new de("digests",`${t.path} was not hashed`);return n===t.sha256?[]:[`${t.path} was changed after it was written`]}o(Ss,"contentFaults");function Ts(e,t,n){if(n===void 0)return new Z("the recipe does not manage a packet filter");const s=e.expectations.files.find(a=>a.path===t),i=s?Nt(e,s):[],r=h(e,"firewall").find(a=>a.path===t);if(!r)return[`${t} does not exist`];try{const a=ys(r.lines),c=a.get("filter/INPUT")?.policy,l=c==="DROP"?[]:[`INPUT is ${c??"not set"} by default, not DROP`];return[...i,...new Set([...l,...Vl(a,ys(n.split(`
`)))])]}catch(a){return[...i,`${t}: ${a.message}`]}}o(Ts,"checkFirewall");function td(e){const t=Object.entries(e.expectations.sysctls);if(t.length===0)return new Z("the recipe sets no sysctl");const n=h(e,"sysctls");return t.flatMap(([s,i])=>{const r=Zl(n,s);return r?r.value===i?[]:[`${s} is ${r.value} by ${r.path}, not ${i}`]:[`${s} is not set`]})}o(td,"checkSysctls");function nd(e){const t=e.expectations.files.filter(n=>n.path.startsWith(vs));return t.length===0?new Z("the recipe has no dispatcher script"):t.flatMap(n=>[...Nt(e,n),...Ss(e,n),...sd(n.mode)?[]:[`${n.path}: NetworkManager refuses mode ${n.mode}`]])}o(nd,"checkDispatcher");function sd(e){const t=Number.parseInt(e,8);return(t&3090)===0&&(t&64)!==0}o(sd,"isRunnable");function rd(e){const n=h(e,"networkManager").flatMap(i=>i.lines).filter(i=>/^\s*unmanaged-devices\s*\+?=/.test(i)).join(";");return n===""?["no unmanaged-devices: NetworkManager takes the interfaces of the CNI for its own"]:Es.some(i=>n.includes(`interface-name:${i}`))?[]:[`unmanaged-devices names none of ${Es.join(", ")}`]}o(rd,"checkUnmanaged");function od(e){const{directories:t}=e.expectations;if(t.length===0)return new Z("the recipe makes no directory");const n=h(e,"directoryEntries");return t.flatMap(s=>{const i=ue(e,s.path);if(i.kind!=="directory")return[`${s.path} does not exist`];const r=n.get(s.path)??0;return[...i.mode===s.mode?[]:[`${s.path} has mode ${i.mode}, not ${s.mode}`],...i.owner===s.owner&&i.group===s.group?[]:[`${s.path} belongs to ${i.owner}:${i.group}`],...s.empty&&r>0?[`${s.path} holds ${r} entries`]:[]]})}o(od,"checkDirectories");function ad(e){const t=new Set(e.expectations.files.map(n=>n.path));return fe(e,ne["CFG-7"]).filter(n=>!t.has(n.replace(/ exists$/,"")))}o(ad,"checkNodeIdentity");function cd(e){const t=h(e,"goldenRelease")[0];if(!t)return["/etc/golden-release does not exist"];const{recipe:n}=e.expectations,s=Object.entries(De(t.lines)).find(([i])=>/(^|_)RECIPE$/.test(i))?.[1];return s===n.name?[]:[`it names the recipe ${s??"(none)"}, not ${n.name}`]}o(cd,"checkRelease");function ld(e){const{certificates:t}=e.expectations;if(t.length===0)return new Z("the recipe adds no certificate");const n=h(e,"certificates"),s=["anchor","bundle"];return t.flatMap(({name:i,sha256:r})=>s.filter(a=>!n.some(c=>c.place===a&&c.sha256===r.toLowerCase())).map(a=>a==="anchor"?`${i} is no trust anchor`:`${i} is not in the extracted bundle`))}o(ld,"checkCertificates");function dd(e){const{files:t,sealing:n}=e.expectations,s=t.filter(a=>!a.path.startsWith(vs)),i=new Set(xt(e,Object.values(ne).flat())),r=xt(e,n.removed).filter(a=>!i.has(a)&&!ed.test(a));return[...s.flatMap(a=>ud(e,a)),...r.map(a=>`${a} exists, sealing should have removed it`),...n.emptied.filter(a=>a!=="/etc/machine-id").flatMap(a=>fd(e,a))]}o(dd,"checkWritten");function ud(e,t){return[...Ql.includes(t.path)?[]:Nt(e,t),...Ss(e,t)]}o(ud,"writtenFaults");function fd(e,t){const n=ue(e,t);return n.kind==="absent"?[`${t} does not exist, it should be empty`]:n.size===0?[]:[`${t} holds ${n.size} bytes, it should be empty`]}o(fd,"emptiedFaults");const hd=[{id:"CFG-1",severity:"must",title:"The IPv4 packet filter is that of the recipe",trace:"original build guide \xA72; D1\u2013D4, D6",expected:"/etc/sysconfig/iptables: 0600 root:root, parses, INPUT DROP, the rules of the port model",mend:"Nothing but the recipe may write this file; look for a package or command that saved rules.",check:o(e=>Ts(e,"/etc/sysconfig/iptables",e.expectations.firewall?.ipv4),"check")},{id:"CFG-2",severity:"must",title:"The IPv6 packet filter is that of the recipe",trace:"D5: the base image enables IPv6",expected:"/etc/sysconfig/ip6tables: the same for IPv6",mend:"Nothing but the recipe may write this file.",check:o(e=>Ts(e,"/etc/sysconfig/ip6tables",e.expectations.firewall?.ipv6),"check")},{id:"CFG-3",severity:"must",title:"Every sysctl of the recipe takes effect",trace:"original build guide, platform architecture \xA74 (ARP with two interfaces)",expected:"the recipe\u2019s value is the last one that boot reads",mend:"Give the drop-in a later name than the file that overrides it, or remove that file.",check:td},{id:"CFG-4",severity:"must",title:"NetworkManager will run the dispatcher script",trace:"NetworkManager-dispatcher(8)",expected:"regular file of root, 0755, not writable for others, the recipe\u2019s content",mend:"Bake it through files: with mode 0755.",check:nd},{id:"CFG-5",severity:"should",title:"NetworkManager leaves the interfaces of the CNI alone",trace:"RKE2 known issues; D31",expected:"unmanaged-devices names those of Cilium, Calico or Flannel",mend:"Bake a drop-in below /etc/NetworkManager/conf.d.",check:rd},{id:"CFG-6",severity:"must",title:"The directories of the recipe are as declared",trace:"original build guide; rke2-selinux file contexts; D44",expected:"mode, owner and emptiness of directories:",mend:"Look for a later step or package that changes them.",check:od},{id:"CFG-7",severity:"must",title:"The image is no node yet",trace:"node identity",expected:"no RKE2 or k3s configuration, token, certificate or database unless declared",mend:"Remove it: each node gets its own from user data or from Rancher.",check:ad},{id:"CFG-8",severity:"must",title:"The image says what it is",trace:"image-builder-release; D26",expected:"/etc/golden-release names the recipe",mend:"Keep the release section in the recipe.",check:cd},{id:"CFG-9",severity:"must",title:"The private CA is trusted",trace:"original build guide \xA77",expected:"each certificate among the anchors and in the extracted bundle",mend:"Run update-ca-trust after the anchor was copied.",check:ld},{id:"CFG-10",severity:"must",title:"What the recipe wrote is unchanged, what it removed is gone",trace:"facts/golden-images.md \xA74.5",expected:"digest, mode and owner of every file; nothing left of sealing.removed; sealing.emptied empty",mend:"Look for a step that ran later and touched the file.",check:dd}],Is=50*1024,md=["/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],pd=[/^Defaults\b/,/^root\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^%(wheel|sudo)\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^[@#]includedir\s/],gd=/^\s*nameserver\s+(169\.254\.2\.3|10\.0\.2\.3)\b/;function Je({expectations:e},t){return e.files.some(n=>n.path===t)}o(Je,"declared");function $d(e){const t=ue(e,"/etc/machine-id"),n=ue(e,"/var/lib/dbus/machine-id");if(t.kind!=="file")return["/etc/machine-id is no regular file: a boot would count as the first one"];const s=[];return t.size>0&&s.push(`/etc/machine-id holds ${t.size} bytes`),t.mode!=="0444"&&s.push(`/etc/machine-id has mode ${t.mode}`),`${t.owner}:${t.group}`!="root:root"&&s.push(`/etc/machine-id belongs to ${t.owner}:${t.group}`),n.kind!=="absent"&&n.kind!=="link"&&s.push("/var/lib/dbus/machine-id is a file of its own"),s}o($d,"checkMachineId");function wd(e){const t=h(e,"homeFiles").filter(s=>/\/\.ssh\/(authorized_keys|id_)/.test(s.path)),n=h(e,"secrets").filter(s=>s.kind==="private-key");return[...t.filter(s=>!Je(e,s.path)).map(s=>`${s.path} exists`),...n.filter(s=>!kd(s.path)&&!Je(e,s.path)).map(s=>`${s.path} holds a private key`)]}o(wd,"checkKeys");function kd(e){return/^\/etc\/ssh\/ssh_host_/.test(e)}o(kd,"isHostKey");function bd(e){return[...fe(e,ne["HYG-5"]),...h(e,"networkIdentity").map(t=>`${t} names a MAC address or connection UUID`)]}o(bd,"checkNetworkProfiles");function yd(e){return h(e,"temporaryFiles").map(t=>`${t} exists`)}o(yd,"checkTemporaryFiles");function vd(e){const t=h(e,"homeFiles").filter(i=>i.path.endsWith("_history")&&i.size>0),n=md.filter(i=>ue(e,i).size>0),s=h(e,"logKilobytes");return[...fe(e,ne["HYG-8"]),...t.map(i=>`${i.path} exists`),...n.map(i=>`${i} is not empty`),...s>Is?[`/var/log holds ${s} KiB, the limit is ${Is}`]:[]]}o(vd,"checkTraces");function Ed(e){const t=h(e,"accounts"),n=h(e,"sudo").filter(s=>!Je(e,s.path));return[...t.filter(s=>s.password!=="locked").map(s=>s.password==="set"?`${s.name} has a password`:`${s.name} needs no password`),...t.filter(s=>s.uid===0&&s.name!=="root").map(s=>`${s.name} has UID 0`),...n.flatMap(s=>s.lines.map(i=>i.trim()).filter(i=>!pd.some(r=>r.test(i))).map(i=>`${s.path} grants: ${i}`))]}o(Ed,"checkAccounts");function Sd(e){const t=h(e,"homeFiles").filter(s=>!/\/\.ssh\/|_history$/.test(s.path)),n=h(e,"secrets").filter(s=>s.kind!=="private-key");return[...t.map(s=>`${s.path} exists`),...n.filter(s=>!Je(e,s.path)).map(s=>`${s.path}: ${s.kind}`)]}o(Sd,"checkSecrets");function Td(e){const t=h(e,"databaseErrors");return[...fe(e,ne["HYG-11"]),...h(e,"packageCache").map(n=>`${n} is cached`),...t?[`rpm --verifydb: ${t.split(`
`)[0]}`]:[]]}o(Td,"checkPackageLeftovers");function Id(e){const t=h(e,"hostNames"),n=o(i=>t.find(r=>r.path===i)?.lines.filter(r=>!/^\s*(#|$)/.test(r))??[],"linesOf"),s=n("/etc/hostname")[0]?.trim()??"";return[...["","localhost","localhost.localdomain","(none)"].includes(s)?[]:[`/etc/hostname names ${s}`],...n("/etc/hosts").filter(i=>!/^\s*(127\.|::1|ff0|fe00)/.test(i)).map(i=>`/etc/hosts names ${i.trim()}`),...n("/etc/resolv.conf").filter(i=>gd.test(i)).map(i=>`/etc/resolv.conf is the build appliance\u2019s: ${i.trim()}`)]}o(Id,"checkHostNames");const Rd=[{id:"HYG-1",severity:"must",title:"The machine id is empty",trace:"original build guide operation 26; systemd machine-id(5); D16",expected:"/etc/machine-id: empty file, 0444 root:root; /var/lib/dbus/machine-id absent or a link to it",mend:'Truncate it as the last step; "uninitialized" or a missing file would make systemd apply presets at first boot.',check:$d},{id:"HYG-2",severity:"must",title:"There are no SSH host keys",trace:"original build guide operation 27",expected:"nothing matches /etc/ssh/ssh_host_*",mend:"Delete them while sealing: every node would have the same keys.",check:o(e=>fe(e,ne["HYG-2"]),"check")},{id:"HYG-3",severity:"must",title:"There are no authorised or private keys",trace:"original image plan phase 9",expected:"no authorized_keys or id_* in any home; no private key outside packages",mend:"Remove the file in the recipe\u2019s sealing, or declare it under files if it belongs there.",check:wd},{id:"HYG-4",severity:"must",title:"cloud-init will run as on a new machine",trace:"original image plan; image-builder goss hygiene",expected:"no instance data, logs or cloud-init.disabled",mend:"Run cloud-init clean --logs as the last step of the recipe.",check:o(e=>fe(e,ne["HYG-4"]),"check")},{id:"HYG-5",severity:"must",title:"No network profile of the build is left",trace:"cloud-init clean --configs; image-builder redhat sysprep; D29",expected:"no profile rendered by cloud-init; no HWADDR or UUID in ifcfg files",mend:"Remove the profile while sealing.",check:bd},{id:"HYG-6",severity:"should",title:"No random seed is shared by all clones",trace:"systemd BUILDING_IMAGES; virt-customize writes a seed",expected:"no random-seed or credential.secret",mend:"Delete it in sealing.removed.",check:o(e=>fe(e,ne["HYG-6"]),"check")},{id:"HYG-7",severity:"should",title:"The temporary folders are empty",trace:"virt-customize logs to /tmp/builder.log",expected:"nothing in /tmp and /var/tmp",mend:"Run virt-customize with --no-logfile and empty both folders while sealing.",check:yd},{id:"HYG-8",severity:"should",title:"No histories, dumps and logs are left",trace:"original image plan; image-builder goss hygiene",expected:"no shell history, kickstart file or core dump; empty login records; /var/log at most 50 MiB",mend:"Remove or truncate them while sealing.",check:vd},{id:"HYG-9",severity:"must",title:"Nobody can log in with a password",trace:"Rocky kickstart; GCE cloud-image-tests",expected:"all passwords locked, one account with UID 0, no additional sudo grants",mend:"Lock the account; grants come with the user data of a node, or are declared under files.",check:Ed},{id:"HYG-10",severity:"must",title:"There are no secrets",trace:"facts/golden-images.md \xA74.2 secrets hygiene",expected:"no token, registry credential, kubeconfig, Terraform state or proxy setting",mend:"Remove it; what a node needs of it comes with its user data. Declare a wanted proxy under files.",check:Sd},{id:"HYG-11",severity:"should",title:"The package cache is empty and the package database sound",trace:"original build guide operations 24\u201325",expected:"no cached packages, no stale locks, rpm --verifydb succeeds",mend:"Run dnf clean all last; a broken database needs a new bake.",check:Td},{id:"HYG-12",severity:"must",title:"The image has no name and no resolver of its own",trace:"image-builder sysprep; virt-customize swaps resolv.conf",expected:"empty or generic hostname, loopback-only hosts, not the appliance\u2019s resolv.conf",mend:"Truncate /etc/hostname and /etc/resolv.conf while sealing.",check:Id}],Rs="2.191",Ad=2,_d=new Set(["c","g","d","l","r","n"]),xd=/^\/(var\/(cache|log|tmp|lib\/cloud|lib\/dnf|lib\/systemd\/random-seed)|tmp|run)(\/|$)/;function Qe(e){return/^(1|yes|true|on)$/i.test(e.settings.enabled??"1")}o(Qe,"isEnabled");function Od(e){return/^(1|yes|true|on)$/i.test(e??"")}o(Od,"isOn");function Nd(e){const t=new Set(h(e,"packages").map(n=>n.name));return e.expectations.packages.present.filter(n=>!t.has(n)).map(n=>`${n} is not installed`)}o(Nd,"checkPresent");function Ld(e){const t=h(e,"packages"),n=new Set(e.expectations.packages.absent);return t.filter(s=>n.has(s.name)).map(s=>`${et(s)} is installed`)}o(Ld,"checkAbsent");function et(e){const t=e.epoch===0?"":`${e.epoch}:`;return`${e.name}-${t}${e.version}-${e.release}.${e.arch}`}o(et,"nevra");function Pd(e){const{signers:t}=e.expectations.packages,n=new Set(t.map(i=>i.toLowerCase().slice(-16))),s=h(e,"packages");return[...s.filter(i=>!i.signer).map(i=>`${et(i)} is not signed`),...s.filter(i=>i.signer&&n.size>0&&!n.has(i.signer)).map(i=>`${et(i)} is signed by ${i.signer}`),...h(e,"packageVerify").filter(i=>!Cd(e,i)).map(i=>`${i.path} differs from its package: ${i.what}`)]}o(Pd,"checkSignatures");function Cd({expectations:e},t){const n=[...e.files,...e.directories].some(i=>i.path===t.path),s=e.sealing.emptied.includes(t.path)||xd.test(t.path);return n||s||_d.has(t.attribute)}o(Cd,"isExpectedChange");function Md(e){const t=h(e,"repositories"),n=new Set(h(e,"repositoryKeys")),s=e.expectations.repositories;return[...t.filter(Qe).flatMap(i=>Dd(i,n)),...s.flatMap(({id:i,enabled:r})=>{const a=t.find(c=>c.id===i);return a?Qe(a)===r?[]:[`${i} is ${r?"disabled":"enabled"}`]:[`${i} is not configured`]}),...t.filter(i=>Qe(i)&&/^(rancher|rke2|k3s|epel)/i.test(i.id)).filter(i=>!s.some(({id:r,enabled:a})=>r===i.id&&a)).map(i=>`${i.id} is enabled`)].filter((i,r,a)=>a.indexOf(i)===r)}o(Md,"checkRepositories");function Dd({id:e,settings:t},n){if(!Od(t.gpgcheck))return[`${e} has no gpgcheck=1`];const s=(t.gpgkey??"").split(/[\s,]+/).filter(a=>a!=="");if(s.length===0)return[`${e} names no gpgkey`];const i=s.filter(a=>!a.startsWith("file://")),r=s.filter(a=>a.startsWith("file://")&&a.startsWith("file:///etc/pki/rpm-gpg/"));return[...i.map(a=>`${e} takes its key from ${new URL(a,"https://invalid").host}`),...r.map(a=>a.slice(7)).filter(a=>!a.includes("$")&&!n.has(a)).map(a=>`${e} names the key ${a}, which does not exist`)]}o(Dd,"repositoryFaults");function Ud(e){const{allowedHosts:t}=e.expectations;return t?h(e,"repositories").filter(Qe).flatMap(n=>zd(n).map(s=>({id:n.id,host:s}))).filter(({host:n})=>!t.includes(n)).map(({id:n,host:s})=>`${n} uses ${s}`):new Z("only an air-gapped recipe limits the hosts")}o(Ud,"checkHosts");function zd({settings:e}){return[e.baseurl,e.mirrorlist,e.metalink].flatMap(n=>n?.split(/[\s,]+/)??[]).filter(n=>URL.canParse(n)).map(n=>new URL(n).hostname)}o(zd,"repositoryHosts");function Gd(e){const t=h(e,"packages"),n=h(e,"kernels"),s=new Set(e.expectations.packages.present),i=t.filter(r=>/^kernel(-rt)?-debug(-core)?$/.test(r.name)||r.name==="linux-firmware");return[...n.length===0?["there is no kernel"]:[],...n.length>Ad?[`${n.length} kernels: ${n.join(", ")}`]:[],...i.filter(r=>!s.has(r.name)).map(r=>`${et(r)} is installed`)]}o(Gd,"checkKernels");function Fd(e){return!e.outside.baked&&!e.facts.values.securityUpdates&&!Bd(e)?new Z("no list of pending security updates was recorded at the bake"):h(e,"securityUpdates").map(t=>`pending: ${t.trim()}`)}o(Fd,"checkUpdates");function Bd(e){return!/no section/.test(e.facts.missing.securityUpdates??"no section")}o(Bd,"wasAsked");function Hd(e){if(!e.expectations.packages.present.includes("rke2-selinux"))return new Z("the recipe does not install rke2-selinux");const t=h(e,"packages").find(r=>r.name==="container-selinux"),n=h(e,"policyModules").includes("rke2")?[]:["the policy store has no module rke2"];if(!t)return[...n,"container-selinux is not installed"];const s=`${t.epoch}:${t.version}-${t.release}`;return gs(`${t.epoch}:${t.version}`,`${t.epoch}:${Rs}`)>=0?n:[...n,`container-selinux is ${s}`]}o(Hd,"checkPolicy");function Kd(e){const{length:t}=h(e,"packages"),n=e.expectations.packages.minimumCount;return t<n?[`${t} packages were found, at least ${n} are expected`]:[]}o(Kd,"checkManifest");function Wd({outside:{vulnerabilities:e}}){if(!e)return new Z("no vulnerability report was given");const{total:t,budget:n}=e;return[...e.new.map(s=>`${s} is new and has a fix`),...n!==void 0&&t>n?[`${t} findings exceed the budget of ${n}`]:[]]}o(Wd,"checkVulnerabilities");const jd=[{id:"PKG-1",severity:"must",title:"All packages of the recipe are installed",trace:"original build guide \xA72",expected:"every package under packages.install",mend:"Look at the step that installs packages; a repository may have dropped or renamed one.",check:Nd},{id:"PKG-2",severity:"must",title:"No forbidden package is installed",trace:"rke2 install.sh; rke2-selinux.spec Conflicts; RKE2 known issues",expected:"none of packages.absent: RKE2\u2019s own RPMs stop Rancher\u2019s tarball install",mend:"Find what pulls it in (dnf repoquery --whatrequires) and exclude it.",check:Ld},{id:"PKG-3",severity:"must",title:"Every package is signed by a known key and unchanged",trace:"replaces gpgcheck=0 of original build guide; D8",expected:"signatures of packages.signers; rpm -Va names only configuration and files of the recipe",mend:"Find where the package came from; list its key under packages.signers only if you trust it.",check:Pd},{id:"PKG-4",severity:"must",title:"Repositories are checked, and those of Rancher are off",trace:"rancher/rke2#9305; D8, D24",expected:"enabled repositories have gpgcheck=1 and a key file in the image; each is on or off as declared",mend:"Bake the key as a file and leave the repository disabled unless nodes must update from it.",check:Md},{id:"PKG-5",severity:"must",title:"Enabled repositories are on allowed hosts",trace:"air-gapped sites, D9",expected:"every host in allowed-hosts",mend:"Let a mirror of the recipe replace the distribution\u2019s own repository, or disable it.",check:Ud},{id:"PKG-6",severity:"should",title:"One or two kernels, no debug kernel, no firmware",trace:"Rocky kickstart; D28",expected:"at most 2 kernels; no kernel-debug, no linux-firmware unless asked for",mend:"Install with install_weak_deps=False and remove what the update brought.",check:Gd},{id:"PKG-7",severity:"must",title:"No security update is pending",trace:'original image plan "Monthly security updates"',expected:"an empty dnf updateinfo list --security at the bake",mend:"Bake with packages.update: true; a held-back package needs a look.",check:Fd},{id:"PKG-8",severity:"must",title:"The SELinux policy of RKE2 is loaded",trace:"rke2-selinux.spec (el9)",expected:`module rke2 in the policy store, container-selinux \u2265 ${Rs}`,mend:"Look at the scriptlet output of rke2-selinux in the build log.",check:Hd},{id:"PKG-9",severity:"must",title:"The package manifest is not empty",trace:"Kairos\u2019 false-green guard",expected:"at least packages.minimumCount packages",mend:'The probe saw the wrong database: look at the section "packages" of the facts.',check:Kd},{id:"PKG-10",severity:"should",title:"No new serious vulnerability",trace:"facts/golden-images.md \xA72.5",expected:"no new high or critical finding with a fix; total within the budget",mend:"Update the package, or accept the finding in the scan policy with an expiry.",check:Wd}];function Vd(e){const t=De(h(e,"selinuxConfiguration").flatMap(i=>i.lines)),{mode:n,type:s}=e.expectations.selinux;return[...t.SELINUX===n?[]:[`SELINUX=${t.SELINUX??"(not set)"}`],...t.SELINUXTYPE===s?[]:[`SELINUXTYPE=${t.SELINUXTYPE??"(not set)"}`]]}o(Vd,"checkMode");function Yd(e){const{files:t,directories:n}=e.expectations,s=h(e,"unlabelled"),i=h(e,"mislabelled");return[...[...t,...n].map(a=>({...a,label:ue(e,a.path)})).filter(({selinuxType:a,label:c})=>a&&c.kind!=="absent"&&c.selinuxType!==a).map(({path:a,label:c,selinuxType:l})=>`${a} is ${c.selinuxType??"unlabelled"}, not ${l}`),...s.total>0?[`${s.total} files without a label: ${s.first.slice(0,3).join(", ")} \u2026`]:[],...i.total>s.total?[`${i.total-s.total} labels differ from the policy`,...i.first]:[]]}o(Yd,"checkLabels");const qd=[{id:"SEL-1",severity:"must",title:"SELinux is on as declared",trace:"original build guide \xA72",expected:"SELINUX and SELINUXTYPE of the recipe in /etc/selinux/config",mend:"Set them in the recipe\u2019s files; nothing else may edit /etc/selinux/config.",check:Vd},{id:"SEL-2",severity:"must",title:"No relabelling is due at first boot",trace:"guestfs-tools \u2265 1.50 falls back to it silently; D20",expected:"no /.autorelabel",mend:"Look in the build log for why setfiles failed in the appliance; a relabel means a second boot.",check:o(e=>fe(e,ne["SEL-2"]),"check")},{id:"SEL-3",severity:"must",title:"Every file has the label that the policy gives it",trace:"RHEL-108174: setfiles did not cross filesystems",expected:"no file on / and /boot without label; setfiles -n would change none; declared types hold",mend:"Let virt-customize relabel last; with old guestfs-tools relabel /boot in a step of its own.",check:Yd}],Zd=new Set(["enabled","alias","static","generated"]),Xd=new Set(["disabled","masked","not-found"]);function ge(e,t){const n=h(e,"units").get(t);if(n===void 0)throw new de("units",`the probe did not look at ${t}`);return n}o(ge,"stateOf");function Jd(e){return e.expectations.services.enable.map(t=>({unit:t,state:ge(e,t)})).filter(({state:t})=>!Zd.has(t)).map(({unit:t,state:n})=>`${t} is ${n}`)}o(Jd,"checkEnabled");function Qd(e){const{enable:t,disable:n,mask:s}=e.expectations.services,i=jn.filter(r=>!t.includes(r));return[...s.filter(r=>ge(e,r)!=="masked").map(r=>`${r} is ${ge(e,r)}, not masked`),...[...new Set([...n,...i])].filter(r=>!s.includes(r)&&!Xd.has(ge(e,r))).map(r=>`${r} is ${ge(e,r)}`)]}o(Qd,"checkDisabled");function As(e,t){const n=o(r=>r.replace(/^.*\//,""),"name"),s=o(r=>r.path.startsWith("/usr/")&&e.some(a=>a.path.startsWith("/etc/")&&n(a.path)===n(r.path)),"hidden"),i=e.filter(r=>!s(r)).toSorted((r,a)=>n(r.path)<n(a.path)?-1:1).flatMap(r=>r.lines);for(const r of i){const[a,c]=r.trim().split(/\s+/);if(c&&(a==="enable"||a==="disable")&&eu(c,t))return a}return"enable"}o(As,"presetOf");function eu(e,t){const n=e.replace(/[.+^${}()|\\]/g,"\\$&").replaceAll("*",".*").replaceAll("?",".");return new RegExp(`^${n}$`).test(t)}o(eu,"globMatches");function tu(e){const t=h(e,"presets"),{enable:n,disable:s}=e.expectations.services;return[...n.filter(r=>!["static","generated","alias"].includes(ge(e,r))).filter(r=>As(t,r)!=="enable").map(r=>`a preset would disable ${r}`),...s.filter(r=>ge(e,r)!=="not-found"&&As(t,r)!=="disable").map(r=>`a preset would enable ${r}`)]}o(tu,"checkPresets");function nu(e){const t=h(e,"defaultTarget");return[...t==="multi-user.target"?[]:[`the default target is ${t}`],...h(e,"danglingUnits").map(n=>`${n} leads nowhere`)]}o(nu,"checkTarget");const su=[{id:"UNI-1",severity:"must",title:"All services of the recipe are enabled",trace:"original build guide \xA72",expected:"every unit under services.enable is enabled, or started by its device or socket",mend:"Look at the step that enables services; its package may be missing.",check:Jd},{id:"UNI-2",severity:"must",title:"What disturbs RKE2 cannot start",trace:"RKE2 known issues; Rocky kickstart; D21, D31",expected:"services.mask masked (firewalld); services.disable, nm-cloud-setup, kdump, rpcbind and cockpit off",mend:"Mask the unit: disabling does not stop a later dependency.",check:Qd},{id:"UNI-3",severity:"should",title:"A preset run would keep these choices",trace:"systemd machine-id(5): presets are applied at a first boot",expected:"a preset file that names the units under services",mend:"Bake a preset file; EL\u2019s last preset disables everything that is not named.",check:tu},{id:"UNI-4",severity:"should",title:"The default target is multi-user and no unit link is broken",trace:"facts/golden-images.md \xA74.6",expected:"multi-user.target; every link below /etc/systemd/system leads to a unit",mend:"Set the default target; remove links of packages that are gone.",check:nu}],Lt=20,iu=[..._l,...Rd,...jd,...jl,...hd,...su,...qd];function ru(e,t,n={}){const s=iu.map(i=>ou(i,{facts:e,expectations:t,outside:n}));return{outcome:au(s),results:s}}o(ru,"judge");function ou(e,t){const{check:n,...s}=e;try{const i=n(t);return i instanceof Z?{...s,status:"skip",found:[],reason:i.reason}:{...s,status:i.length===0?"pass":"fail",found:cu(i)}}catch(i){const r=i instanceof de?i.message:`the rule itself failed: ${(0,f.bD)(i)}`;return{...s,status:"error",found:[],reason:r}}}o(ou,"judgeRule");function au(e){const t=o((n,...s)=>e.some(i=>i.severity===n&&s.includes(i.status)),"some");return t("must","error")?"error":t("must","fail")?"fail":t("should","fail","error")?"warn":"pass"}o(au,"outcomeOf");function cu(e){return e.length<=Lt?[...e]:[...e.slice(0,Lt),`and ${e.length-Lt} more`]}o(cu,"evidence");const _s={pass:"\u2705",fail:"\u274C",error:"\u2757",skip:"\u23ED"},lu={pass:"ok",fail:"FAIL",error:"ERROR",skip:"skip"},xs=["error","fail","skip","pass"],Pt=5;function Ct({results:e}){const t=o(n=>e.filter(s=>s.status===n).length,"count");return`${t("pass")} passed, ${t("fail")} failed, ${t("error")} errors, ${t("skip")} skipped`}o(Ct,"countsOf");function Os(e){const t=Dt(e).filter(r=>r.status==="fail"||r.status==="error"),n=Dt(e).filter(r=>!t.includes(r)),s=t.length===0?"":`| | Rule | Found | Expected | Mend |
|---|---|---|---|---|
${t.map(du).join(`
`)}

`,i=n.map(uu).join(`
`);return`**Proof: ${e.outcome}** (${Ct(e)})

${s}<details><summary>${t.length===0?"All":"The other"} ${n.length} rules</summary>

| | Rule | |
|---|---|---|
${i}

</details>
`}o(Os,"verdictMarkdown");function du(e){return`| ${[_s[e.status],`${e.id} (${e.severity}) ${e.title}`,fu(e),e.expected,e.mend].map(tt).join(" | ")} |`}o(du,"openRow");function uu(e){return`| ${_s[e.status]} | ${tt(`${e.id} ${e.title}`)} | ${tt(e.reason??"")} |`}o(uu,"restRow");function fu({found:e,reason:t}){if(t!==void 0)return t;const n=e.length>Pt?[`and ${e.length-Pt} more`]:[];return[...e.slice(0,Pt),...n].join(`
`)}o(fu,"evidenceOf");function tt(e){return e.replace(/[&<>]/g,t=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[t]).replace(/[\\`*_|[\]]/g,"\\$&").replaceAll(`
`,"<br>")}o(tt,"cell");function Oh(e){return`${Dt(e).flatMap(n=>{const s=`${lu[n.status].padEnd(5)} ${n.id.padEnd(6)} ${n.title}`;if(n.status==="pass")return[s];if(n.status==="skip")return[`${s} (${n.reason})`];const i=n.reason===void 0?n.found:[n.reason];return[s,...i.map(r=>`             ${r}`),`             \u2192 ${n.mend}`]}).join(`
`)}

Proof: ${e.outcome} (${Ct(e)})
`}o(Oh,"verdictText");function Nh({results:e}){const t=o(i=>e.filter(r=>r.status===i).length,"count"),n=e.map(i=>{const r=`  <testcase classname="${i.id.split("-")[0]}" name="${Mt(`${i.id} ${i.title}`)}"`,a=Mt([...i.found,i.reason??"",i.mend].filter(l=>l!=="").join(`
`));if(i.status==="pass")return`${r}/>`;if(i.status==="skip")return`${r}><skipped message="${Mt(i.reason??"")}"/></testcase>`;const c=i.status==="error"?"error":"failure";return`${r}><${c} type="${i.severity}">${a}</${c}></testcase>`});return`<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="golden image" ${`tests="${e.length}" failures="${t("fail")}" errors="${t("error")}" skipped="${t("skip")}"`}>
${n.join(`
`)}
</testsuite>
`}o(Nh,"verdictJunit");const hu={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&apos;"};function Mt(e){return e.replace(/[&<>"']/g,t=>hu[t])}o(Mt,"xml");function Dt({results:e}){return e.toSorted((t,n)=>xs.indexOf(t.status)-xs.indexOf(n.status))}o(Dt,"sorted");function Lh(){return`# Rules of the offline proof

Every golden image is judged by these rules before it is handed over. A broken **must** stops the build, a broken **should** is a
warning; a rule that cannot be judged, because a fact is missing, is an error and never a pass. Generated from \`src/verify/rules\`.

| Rule | Severity | What | Expected | Mend | From |
|---|---|---|---|---|---|
${RULES.map(({id:t,severity:n,title:s,expected:i,mend:r,trace:a})=>`| ${t} | ${n} | ${[s,i,r,a].map(tt).join(" | ")} |`).join(`
`)}
`}o(Lh,"rulesDocument");function mu(e,{facts:t,result:n},s){const i=Wn(e.recipe),r=cl(t),a={url:e.recipe.base.url,sha256:s},{sha256:c,sha512:l}=n;return{verdict:ru(r,i,{baked:!0,digests:{sha256:c,sha512:l}}),...r.values.packages&&{manifest:ml(r,{recipe:i.recipe,base:a})}}}o(mu,"judgeImage");function pu(e){if(e.outcome==="pass"||e.outcome==="warn")return;const t=e.results.filter(({severity:n,status:s})=>n==="must"&&(s==="fail"||s==="error"));throw new f.eG("IMAGE_UNPROVEN",`The image was baked but breaks ${t.length} rules: ${t.map(({id:n})=>n).join(", ")} (${Ct(e)}).`,{mend:"Nothing was imported. Correct the recipe; each rule says how.",evidence:t.flatMap(gu)})}o(pu,"requireProven");function gu({id:e,title:t,expected:n,found:s,reason:i,mend:r}){return[`${e} ${t}`,`  expected: ${n}`,...s.map(a=>`  found: ${a}`),`  ${i??r}`]}o(gu,"ruleLines");class $u{static{o(this,"GoldenBuild")}#e;#t;#n;#i;#s={};#o;#r={};#a=[];constructor(t,n){this.#e=t,this.#t=n,this.#n=new Lc.k(n.clock,n.log),this.#i=(0,A.vE)(n.clock)}get timings(){return this.#n.timings}get verdict(){return this.#s.verdict}get files(){return this.#r}async run(){await this.#t.output.open();const{inputs:t,decision:n}=await this.#l("fingerprint",s=>this.#d(s));if(n.skip)return this.#g(n.image,t,n.reason);try{const s=await this.#c(t);return await this.#l("report",()=>this.#f()),await this.#m(),this.#$(s,t,n.reason)}catch(s){throw await this.#h((0,f.Oy)(s,"building the golden image")),s}finally{await this.#t.output.close()}}async#d(t){const n=await un(this.#e,this.#t.http,t),s=await mn(this.#e,this.#t.kube,t.signal),i=this.#t.clock.now(),r=hn(n,s,{force:this.#e.force,maxAge:this.#e.maxAge,now:i});return t.log.info(`${r.skip?"skipped":"a bake is needed"}: ${r.reason}`),{inputs:n,decision:r}}async#c(t){const n=this.#e,{baseSha256:s,fingerprint:i}=t,{token:r,output:a}=this.#t;this.#s={inputs:t},await this.#l("provision",async b=>{await xe(n,b),await We(n,b),this.#o=ba({plan:n,baseSha256:s,token:r,record:a.record}),await this.#o.provision(b)});const c=this.#o,l=await this.#l("bake",b=>c.bake(b));this.#s={inputs:t,baked:l};const d=await this.#l("proof",()=>this.#u(l,s));this.#s={inputs:t,baked:l,verdict:d};const m=await this.#l("hand-over",b=>c.handOver(l,b)),$=await this.#l("import",b=>Ic(n,{source:m,sha512:l.result.sha512,baseSha256:s,fingerprint:i},b));return this.#s={inputs:t,baked:l,verdict:d,image:$},$}async#u(t,n){const{output:s}=this.#t;await s.save("facts.json",t.facts);const{verdict:i,manifest:r}=mu(this.#e,t,n);return this.#s={...this.#s,verdict:i},this.#r={verdict:await s.save("verdict.json",i),...r&&{manifest:await s.save("manifest.json",r)}},pu(i),i}async#f(t){const{clock:n,origin:s,output:i}=this.#t,{timings:r}=this.#n,a={...this.#s,error:t,timings:r,start:this.#i,end:(0,A.vE)(n)},c=await i.save("build-record.json",$i(this.#e,s,a));this.#r={...this.#r,buildRecord:c}}async#h(t){const{log:n,signal:s}=this.#t;if(await this.#f(t).catch(i=>n.warning(`no build record: ${(0,f.bD)(i)}`)),!s?.aborted){if(this.#e.keepFailed){const{namespace:i,names:r,ownership:a}=this.#e;n.notice(`kept for you until ${a.expiresAt}: virtual machine ${i}/${r.vm}`);return}await this.#m()}}async#m(){const t=this.#o;if(!t)return;const{log:n,signal:s}=this.#t;try{const i=await this.#l("cleanup",r=>t.cleanUp(r));this.#a=i.left}catch(i){(0,A.Te)(s),n.warning(`cleaning up was not finished: ${(0,f.bD)(i)}`),this.#a=[{what:`objects of run ${this.#e.runId}`,why:(0,f.bD)(i)}]}}#l(t,n){const s=this.#e.phases.find(l=>l.id===t),{kube:i,http:r,clock:a,signal:c}=this.#t;return this.#n.run(s,c,l=>n({...l,kube:i,http:r,clock:a}))}#g(t,n,s){const i=Ye(t),r=t.metadata.annotations?.[g.HG]??i.checksum,{size:a,virtualSize:c}=i;return{skipped:!0,reason:s,sha512:r,size:a,virtualSize:c,...this.#p(i,n)}}#$(t,n,s){const{sha512:i,size:r,virtualSize:a}=this.#s.baked.result,{verdict:c}=this.#s;return{skipped:!1,reason:s,sha512:i,size:r,virtualSize:a,...this.#p(t,n),...c&&{verdict:c}}}#p(t,{fingerprint:n}){return{image:t,fingerprint:n,files:this.#r,tfvars:Ac(t.displayName),controlPlaneCloudInit:_c(this.#e),workerCloudInit:xc(this.#e),timings:this.#n.timings,left:this.#a}}}function wu(e){return`${[Eu(e),j("Base image",Su(e)),j("Repositories",Tu(e)),j("Packages",Iu(e)),j("Files",e.files.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}  (${n.origin})`)),j("Directories",e.directories.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}`)),j("Downloads",e.downloads.map(n=>`${n.path}
    from ${n.url}
    sha256 ${n.sha256}`)),j("Services",Ru(e)),j("Open ports",(e.firewall?.ports??[]).map(bu)),j("Kernel",Au(e)),j("Trusted certificates",e.certificates.map(n=>n.name)),j("Image",_u(e)),j("Steps",vn(e).steps.map((n,s)=>`${String(s+1).padStart(2)}  ${n.id}: ${n.title}`)),j("Addresses that are fetched from",ku(e))].filter(n=>n!=="").join(`

`)}
`}o(wu,"planText");function ku(e){const{url:t,checksumUrl:n}=e.base,s=[n,t,...e.repositories.map(i=>i.baseurl),...e.downloads.map(i=>i.url)];return[...new Set(s.filter(i=>i!==void 0))]}o(ku,"recipeUrls");function bu(e){return`${e.protocol} ${yu(e)}  ${e.name}: ${e.purpose}${vu(e)}`}o(bu,"portText");function yu({from:e,to:t}){return e===t?`${e}`:`${e}-${t}`}o(yu,"portRange");function vu({sources:e,interface:t}){return`${e?`, from ${e.join(" ")}`:""}${t?`, on ${t}`:""}`}o(vu,"restriction");function Eu(e){const t=e.layers.length>0?`
layers: ${e.layers.join(", ")}`:"";return`${e.name}: ${e.description}${t}
digest: sha256:${(0,Me.dF)(e)}`}o(Eu,"heading");function j(e,t){return t.length===0?"":`${e}
${t.map(n=>`  ${n}`).join(`
`)}`}o(j,"section");function Su({base:e}){const t=e.sha256?`sha256 ${e.sha256}`:`sha256 from ${e.checksumUrl}`;return[e.url,t]}o(Su,"baseLines");function Tu(e){const t=e.repositories.map(({id:s,baseurl:i,enabled:r,replaces:a})=>{const c=a.length>0?`, instead of ${a.join(", ")}`:"";return`${s}  ${i}  (${r?"stays enabled":"for the bake only"}${c})`}),n=e.otherRepositories==="disable"?"switched off":"kept";return[...t,`the base image's own: ${n}`]}o(Tu,"repositoryLines");function Iu({packages:e}){return[...e.update?["update everything"]:[],...e.install.length>0?[`install: ${e.install.join(" ")}`]:[],...e.absent.length>0?[`must be absent: ${e.absent.join(" ")}`]:[]]}o(Iu,"packageLines");function Ru({services:e}){return Object.entries(e).filter(([,t])=>t.length>0).map(([t,n])=>`${t}: ${n.join(" ")}`)}o(Ru,"serviceLines");function Au({kernelCommandLine:e,initramfs:t,kernelModules:n,sysctls:s,selinux:i}){const r=Object.entries(s).map(([a,c])=>`${a} = ${c}`);return[...e.required.length>0?[`command line has: ${e.required.join(" ")}`]:[],...t.drivers.length>0?[`initramfs has: ${t.drivers.join(" ")}`]:[],...n.length>0?[`modules loaded at boot: ${n.join(" ")}`]:[],...r,`SELinux ${i.mode}, ${i.type}`]}o(Au,"kernelLines");function _u({image:e}){return[...e.virtualSize?[`grown to ${(0,R.z)(e.virtualSize)}`]:[],...e.maximumSize?[`at most ${(0,R.z)(e.maximumSize)} as a file`]:[],`at least ${e.minimumFreePercent} % of the root filesystem free`]}o(_u,"imageLines");var xu=p(2907),Ou=p(6421);const Ns=(1<<20)-4096,Ut=`> The rest is cut: a step summary holds at most 1 MiB.
`;class Ge{static{o(this,"Summary")}#e=[];heading(t,n=2){return this.raw(`${"#".repeat(n)} ${zt(t)}`)}paragraph(t){return this.raw(zt(t))}table(t,n){const s=o(i=>`| ${i.map(Nu).join(" | ")} |`,"line");return this.raw([s(t),`|${t.map(()=>"---").join("|")}|`,...n.map(s)].join(`
`))}code(t,n=""){const s=Math.max(2,...[...t.matchAll(/`+/g)].map(r=>r[0].length)),i="`".repeat(s+1);return this.raw(`${i}${n}
${nt(t).replace(/\n$/,"")}
${i}`)}details(t,n){const s=new Ge;return n(s),this.raw(`<details><summary>${Ls(nt(t))}</summary>

${s.toString()}
</details>`)}timeline(t,n){if(n.length===0)return this;const s=n.map((r,a)=>{const c=`${Ps(r.label)} (${(0,F.a)(r.end-r.start)})`,l=r.failed?"crit, ":"";return`    ${c} :${l}p${a}, ${Math.round(r.start)}, ${Math.max(1,Math.round(r.end-r.start))}ms`}),i=["gantt",`    title ${Ps(t)}`,"    dateFormat x","    axisFormat %M:%S"];return this.raw(`\`\`\`mermaid
${[...i,...s].join(`
`)}
\`\`\``)}raw(t){return this.#e.push(t),this}toString(t=Ns){const n=this.#e.map(a=>`${a}

`),s=n.join("");if(Buffer.byteLength(s)<=t)return s;if(t<Ut.length)return"";let i=t-Ut.length;const r=n.findIndex(a=>(i-=Buffer.byteLength(a),i<0));return n.slice(0,r).join("")+Ut}}function zt(e){return Ls(nt(e)).replace(/[\\`*_[\]#|~$]/g,t=>`\\${t}`)}o(zt,"escapeMarkdown");function nt(e){return(0,Dn.stripVTControlCharacters)(e).replace(/[^\P{Cc}\t\r\n]/gu,"")}o(nt,"summary_printable");function Nu(e){return zt(e).replace(/\r\n|\r|\n/g,"<br>")}o(Nu,"escapeCell");function Ls(e){return e.replace(/[&<>]/g,t=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[t])}o(Ls,"escapeHtml");function Ps(e){return nt(e).replace(/[:;,#%\r\n"]/g," ").trim()}o(Ps,"plain");function st(e){for(const[t,n]of Object.entries(e))n!==void 0&&Ou.uH(t,typeof n=="object"?JSON.stringify(n):String(n))}o(st,"setOutputs");async function Lu(e,t){const n=t.GITHUB_ARTIFACTS;if(!n)return[];const s=o(r=>!/[=\r\n]|^\s*#/.test(r),"isTaken"),i=e.filter(s).map(r=>`${r}
`);return await(0,Q.appendFile)(n,i.join("")),e.filter(r=>!s(r))}o(Lu,"declareArtifacts");async function Gt(e,t){const n=t.GITHUB_STEP_SUMMARY;if(!n)return;const{size:s}=await(0,Q.stat)(n).catch(()=>({size:0}));await(0,Q.appendFile)(n,e.toString(Ns-s))}o(Gt,"writeSummary");var Ft=p(3866),Pu=p(9607);function Cu(e){const{GITHUB_RUN_ID:t="local",GITHUB_RUN_ATTEMPT:n="1"}=e;return`${t}-${n}-${(0,U.randomBytes)(3).toString("hex")}`}o(Cu,"newRunId");function Mu(e){const{GITHUB_SERVER_URL:t,GITHUB_REPOSITORY:n,GITHUB_RUN_ID:s}=e,i=s&&`${t}/${n}/actions/runs/${s}`;return{source:Bt({repository:n,sha:e.GITHUB_SHA,ref:e.GITHUB_REF}),trigger:Bt({event:e.GITHUB_EVENT_NAME,actor:e.GITHUB_ACTOR,runId:s,runAttempt:e.GITHUB_RUN_ATTEMPT,runUrl:i}),runner:Bt({name:e.RUNNER_NAME,os:e.RUNNER_OS,arch:e.RUNNER_ARCH})}}o(Mu,"buildOrigin");function Bt(e){return Object.fromEntries(Object.entries(e).filter(t=>t[1]!==void 0&&t[1]!==""))}o(Bt,"given");function Du(e){const{image:t,files:n}=e;return{"image-id":t.id,"display-name":t.displayName,"storage-class":t.storageClassName,sha512:e.sha512&&`sha512:${e.sha512}`,size:e.size,"virtual-size":e.virtualSize,fingerprint:e.fingerprint&&`sha256:${e.fingerprint}`,skipped:e.skipped,"skip-reason":e.skipped?e.reason:void 0,manifest:n.manifest,verdict:n.verdict,"build-record":n.buildRecord,"phase-timings":Cs(e.timings),tfvars:e.tfvars,"control-plane-cloud-init":e.controlPlaneCloudInit,"worker-cloud-init":e.workerCloudInit}}o(Du,"outputsOf");function Cs(e){return Object.fromEntries(e.map(({phase:t,duration:n})=>[t,Math.round(n/100)/10]))}o(Cs,"phaseTimings");class Uu{static{o(this,"Problems")}#e=[];#t=[];add(t,n){this.#e.push({at:t,text:n})}addMissing(t,n){this.#t.push(`${t}: ${n}`)}get lacksValues(){return this.#t.length>0}get count(){return this.#e.length+this.#t.length}knows(t){return this.#e.some(n=>n.at&&Fe(n.at)===Fe(t))}lines(){const t=[...new Set(this.#e.map(s=>s.at?.file))],n=[...this.#e].sort((s,i)=>t.indexOf(s.at?.file)-t.indexOf(i.at?.file)||(s.at?.line??0)-(i.at?.line??0)||(s.at?.column??0)-(i.at?.column??0));return[...new Set(n.map(({at:s,text:i})=>s?`${Fe(s)}: ${i}`:i))]}throwIfAny(){if(this.count===0)return;if(this.#e.length===0)throw zu(this.#t);const t=[...this.lines(),...this.#t.map(s=>`variable not given: ${s}`)],n=t.length===1?"The recipe has a mistake":`The recipe has ${t.length} mistakes`;throw new f.yo("RECIPE_INVALID",`${n}:
${t.join(`
`)}`,{mend:"Correct the lines named above; docs/recipes/README.md describes every key."})}}function zu(e){const t=e.length===1?"a value":`${e.length} values`;return new f.yo("RECIPE_VALUES_MISSING",`The recipe and its layers need ${t} that have no default:
${e.join(`
`)}`,{mend:'Give each as name=value: under "variables" of the action, or with --var on the command line.'})}o(zu,"valuesMissing");function Fe(e){return`${e.file}:${e.line}:${e.column}`}o(Fe,"describe");function ve(e,t){const n=Gu(e,t);return n===void 0?"":`; did you mean "${n}"?`}o(ve,"suggestion");function Gu(e,t){const s=t.map(i=>({candidate:i,edits:Fu(Ms(e),Ms(i))})).sort((i,r)=>i.edits-r.edits)[0];return s&&s.edits<=Math.max(1,Math.floor(e.length/3))?s.candidate:void 0}o(Gu,"nearest");const Ms=o(e=>e.replace(/[-_]/g,"").toLowerCase(),"normal");function Fu(e,t){let n=Array.from({length:t.length+1},(s,i)=>i);for(const[s,i]of[...e].entries()){const r=[s+1];for(const[a,c]of[...t].entries())r.push(Math.min(r[a]+1,n[a+1]+1,n[a]+(i===c?0:1)));n=r}return n[t.length]}o(Fu,"editDistance");function Bu(e,t,n){const s=new q.HN,i=(0,q.Tp)(t,{lineCounter:s,uniqueKeys:!1,prettyErrors:!1}),r=o(c=>{const{line:l,col:d}=s.linePos(c);return{file:e,line:Math.max(1,l),column:Math.max(1,d)}},"at");for(const c of[...i.errors,...i.warnings])n.add(r(c.pos[0]),c.message);if(i.errors.length>0)return;const a=Ht(i.contents,r,n);if(a.kind==="map")return a;n.add(a.at,'a recipe file is a map of keys, such as "name: my-image"')}o(Bu,"parseSource");function Ht(e,t,n){const s=t(e?.range?.[0]??0);if((0,q.jh)(e))return Hu(e.items,s,t,n);if((0,q.oP)(e)){const i=e.items.map(r=>Ht(r,t,n));return{kind:"list",at:s,items:i}}return(0,q.Vj)(e)&&n.add(s,"anchors and aliases are not used in recipes; use a variable or write it out"),{kind:"scalar",at:s,value:(0,q.jn)(e)?Wu(e.value,e.source):null}}o(Ht,"convert");function Hu(e,t,n,s){const i=new Map;for(const r of e){const a=n(r.key.range?.[0]??0),c=String((0,q.jn)(r.key)?r.key.source??r.key.value:r.key),l=i.get(c);if(l){s.add(a,`the key "${c}" is given twice; the first one is in line ${l.keyAt.line}`);continue}const d=r.value?Ht(r.value,n,s):Ku(a);i.set(c,{keyAt:a,value:d})}return{kind:"map",at:t,entries:i}}o(Hu,"convertMap");const Ku=o(e=>({kind:"scalar",at:e,value:null}),"nothing");function Wu(e,t){return typeof e=="number"&&t!==void 0&&/^0\d+$/.test(t)?t:typeof e=="bigint"?Number(e):e}o(Wu,"scalarOf");function Be(e){return e.kind==="scalar"?e.value:e.kind==="list"?e.items.map(Be):Object.fromEntries([...e.entries].map(([t,n])=>[t,Be(n.value)]))}o(Be,"source_plain");function $e(e,t){let n=e;for(const s of t){const i=n.kind==="map"?n.entries.get(String(s))?.value:n.kind==="list"?n.items[Number(s)]:void 0;if(!i)break;n=i}return n.at}o($e,"positionAt");function Kt(e,t){const n=ju(e,t.slice(0,-1));return(n?.kind==="map"?n.entries.get(String(t.at(-1))):void 0)?.keyAt??$e(e,t)}o(Kt,"keyPositionAt");function ju(e,t){let n=e;for(const s of t)if(n?.kind==="map")n=n.entries.get(String(s))?.value;else if(n?.kind==="list")n=n.items[Number(s)];else return;return n}o(ju,"nodeAt");function Wt(e,t,n){return{...e,entries:new Map([...e.entries,[t,n]])}}o(Wt,"withEntry");function Ee(e,t){return{...e,entries:new Map([...e.entries].filter(([n])=>n!==t))}}o(Ee,"withoutEntry");const Ds={repositories:"id",files:"path",directories:"path",commands:"id",downloads:"path",certificates:"name","firewall.open":"name"};function Vu(e,t,n){const s=new Yu(n);let i=e;const r=t.entries.get("remove");r&&(i=s.removeFrom(i,r.value,""));const a=t.entries.get("override");a&&(i=s.overrideIn(i,a,""));const l=["layer","description","remove","override"].reduce(Ee,t);return s.addTo(i,{keyAt:t.at,value:l},"")}o(Vu,"applyLayer");class Yu{static{o(this,"Merge")}#e;constructor(t){this.#e=t}addTo(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a),d=l?this.addTo(l.value,c,He(s,a)):c.value;return Wt(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"?this.#t(t,i,s):(this.#e.add(n.keyAt,`"${s}" is already set at ${Fe(t.at)}; to change it, put it under "override:"`),t)}#t(t,n,s){const i=new Map(t.items.map(a=>[oe(a,s),a])),r=n.items.filter(a=>{const c=i.get(oe(a,s));return!c||oe(a,s)===void 0?!0:(this.#e.add(a.at,`"${oe(a,s)}" is already in "${s}" (${Fe(c.at)}); to change it, put it under "override:"`),!1)});return{...t,items:[...t.items,...r]}}overrideIn(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a);if(!l){const m=ve(a,[...r.entries.keys()]);return this.#e.add(c.keyAt,`"${He(s,a)}" is not set before this layer, so nothing is overridden${m}`),r}const d=this.overrideIn(l.value,c,He(s,a));return Wt(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"&&s in Ds?this.#n(t,i,s):i}#n(t,n,s){const i=[...t.items];for(const r of n.items){const a=i.findIndex(c=>oe(c,s)===oe(r,s));a>=0?i[a]=r:this.#s(r,s,i)}return{...t,items:i}}removeFrom(t,n,s){return n.kind==="map"&&t.kind==="map"?[...n.entries].reduce((i,[r,a])=>{const c=i.entries.get(r);if(!c)return this.#e.add(a.keyAt,`"${He(s,r)}" is not there, so nothing is removed${ve(r,[...i.entries.keys()])}`),i;if(a.value.kind==="scalar"&&a.value.value===!0)return Ee(i,r);const d=this.removeFrom(c.value,a.value,He(s,r));return Wt(i,r,{keyAt:c.keyAt,value:d})},t):n.kind==="list"?n.items.reduce((i,r)=>this.#i(i,r,s),t):(this.#e.add(n.at,`"remove" takes the names to remove from "${s}" as a list, or true for all of it`),t)}#i(t,n,s){const i=n.kind==="scalar"?String(n.value):"";if(t.kind==="map"&&t.entries.has(i))return Ee(t,i);if(t.kind==="list"){const r=t.items.filter(a=>oe(a,s)!==i);if(r.length<t.items.length)return{...t,items:r}}return this.#s(n,s,t.kind==="list"?t.items:[]),t}#s(t,n,s){const i=oe(t,n)??qu(t),r=s.map(a=>oe(a,n)).filter(a=>a!==void 0);this.#e.add(t.at,`"${i}" is not in "${n}"${ve(String(i),r)}`)}}function oe(e,t){const n=e.kind==="map"&&e.entries.has("item")?"item":Ds[t],s=e.kind==="map"&&n?e.entries.get(n)?.value:e;return s?.kind==="scalar"&&s.value!==null?String(s.value):void 0}o(oe,"identityOf");const qu=o(e=>e.kind==="scalar"?String(e.value):"this item","plainText"),He=o((e,t)=>e===""?t:`${e}.${t}`,"join");function Zu(e){return{ipv4:Us("ipv4",e),ipv6:Us("ipv6",e),ports:e}}o(Zu,"renderFirewall");const Xu={ipv4:`# Packets of the node to itself.
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
`};function Us(e,t){const n=t.map(s=>Ju(e,s)).join("");return`*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${Xu[e]}${n}COMMIT
`}o(Us,"rules");function Ju(e,t){const n=t.sources?.filter(c=>Qu(c)===e);if(n?.length===0)return"";const s=t.from===t.to?`${t.from}`:`${t.from}:${t.to}`,i=`-p ${t.protocol} -m ${t.protocol} --dport ${s} -j ACCEPT`,r=t.interface?`-i ${t.interface} `:"",a=(n??[void 0]).map(c=>`-A INPUT ${c?`-s ${c} `:""}${r}${i}
`);return`# ${t.purpose}.
${a.join("")}`}o(Ju,"portRules");function Qu(e){return e.includes(":")?"ipv6":"ipv4"}o(Qu,"familyOf");const zs=["control-plane","worker"],ef=["ssh","rke2","etcd","expose-control-plane-metrics","nodeport","cilium-vxlan","cilium-health","cilium-hubble","cilium-metrics","cilium-wireguard","node-exporter"],Se=["control-plane"],X=zs,tf=[{feature:"ssh",roles:X,audience:"administrators",name:"ssh",protocol:"tcp",from:22,purpose:"SSH"},{feature:"rke2",roles:Se,audience:"anyone",name:"kube-apiserver",protocol:"tcp",from:6443,purpose:"Kubernetes API"},{feature:"rke2",roles:Se,audience:"nodes",name:"rke2-supervisor",protocol:"tcp",from:9345,purpose:"RKE2 supervisor: joining nodes"},{feature:"rke2",roles:X,audience:"nodes",name:"kubelet",protocol:"tcp",from:10250,purpose:"kubelet: logs, exec, metrics"},{feature:"etcd",roles:Se,audience:"nodes",name:"etcd",protocol:"tcp",from:2379,to:2380,purpose:"etcd clients and peers"},{feature:"expose-control-plane-metrics",roles:Se,audience:"nodes",name:"etcd-metrics",protocol:"tcp",from:2381,purpose:"etcd metrics"},{feature:"expose-control-plane-metrics",roles:Se,audience:"nodes",name:"kube-controller-manager",protocol:"tcp",from:10257,purpose:"kube-controller-manager metrics"},{feature:"expose-control-plane-metrics",roles:Se,audience:"nodes",name:"kube-scheduler",protocol:"tcp",from:10259,purpose:"kube-scheduler metrics"},{feature:"nodeport",roles:X,audience:"anyone",name:"nodeport-tcp",protocol:"tcp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"nodeport",roles:X,audience:"anyone",name:"nodeport-udp",protocol:"udp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"cilium-vxlan",roles:X,audience:"nodes",name:"cilium-vxlan",protocol:"udp",from:8472,purpose:"VXLAN overlay between nodes"},{feature:"cilium-health",roles:X,audience:"nodes",name:"cilium-health",protocol:"tcp",from:4240,purpose:"Cilium health checks"},{feature:"cilium-hubble",roles:X,audience:"nodes",name:"hubble-server",protocol:"tcp",from:4244,purpose:"Hubble server"},{feature:"cilium-hubble",roles:X,audience:"nodes",name:"hubble-relay",protocol:"tcp",from:4245,purpose:"Hubble relay"},{feature:"cilium-metrics",roles:X,audience:"nodes",name:"cilium-metrics",protocol:"tcp",from:9962,purpose:"Cilium agent metrics"},{feature:"cilium-wireguard",roles:X,audience:"nodes",name:"cilium-wireguard",protocol:"udp",from:51871,purpose:"WireGuard encryption between nodes"},{feature:"node-exporter",roles:X,audience:"nodes",name:"node-exporter",protocol:"tcp",from:9100,purpose:"Node metrics"}];function nf(e){return tf.filter(t=>e.features.includes(t.feature)).filter(t=>t.roles.some(n=>e.roles.includes(n))).map(t=>sf(t,e)).sort(Gs)}o(nf,"openPorts");function Gs(e,t){return e.from-t.from||e.protocol.localeCompare(t.protocol)||e.name.localeCompare(t.name)}o(Gs,"byNumber");function sf(e,t){const{nodeSources:n,nodeInterface:s,sshSources:i}=t,r={anyone:{},administrators:{...i.length>0&&{sources:i}},nodes:{...n.length>0&&{sources:n},...s&&{interface:s}}}[e.audience],{name:a,protocol:c,from:l,to:d=l,purpose:m}=e;return{name:a,protocol:c,from:l,to:d,purpose:m,...r}}o(sf,"openPort");function rf(e){const{document:t,layers:n}=e,s=pf(e),i=gf(e),r=t.repositories.map(Fs),a=[...nr(s),...sr(r),...ir(t.initramfs.drivers),...ar(t.services),...rr(t.sysctls),...or(t["kernel-modules"]),...cr(i),...t.files.map(cf)],c=t["allowed-hosts"],l={name:t.name,description:t.description.trim(),layers:n,base:of(t.base),repositories:r,otherRepositories:t["other-repositories"],...c&&{allowedHosts:c},packages:af(t.packages),files:a,directories:t.directories.map(lf),sysctls:Object.assign({},...Object.values(t.sysctls)),kernelModules:t["kernel-modules"],services:t.services,kernelCommandLine:t["kernel-command-line"],initramfs:t.initramfs,...i&&{firewall:i},selinux:t.selinux,certificates:s,commands:t.commands.map(df),downloads:[...hf(t),...t.downloads.map(uf)],sealing:t.sealing,image:mf(t.image)};return wf(e,l),$f(l,t.release)}o(rf,"resolve");function of(e){const t=e["checksum-url"];return{url:e.url,...t&&{checksumUrl:t},...e.sha256&&{sha256:e.sha256},arch:e.arch}}o(of,"resolveBase");function Fs(e){const{id:t,name:n,baseurl:s,enabled:i,replaces:r}=e,{file:a,armoured:c,url:l,sha256:d}=e["gpg-key"];return{id:t,name:n,baseurl:s,gpgKey:c?{file:a,armoured:c}:l&&d?{file:a,url:l,sha256:d}:{file:a},repoGpgcheck:e["repo-gpgcheck"],enabled:i,replaces:r}}o(Fs,"resolveRepository");function af(e){const{update:t,install:n,absent:s,signers:i}=e;return{update:t,install:n,absent:s,signers:i,minimumCount:e["minimum-count"]}}o(af,"resolvePackages");function cf(e){const{path:t,mode:n,owner:s,group:i,content:r,template:a}=e,c=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...c&&{selinuxType:c},content:r??a??"",origin:"files"}}o(cf,"resolveFile");function lf(e){const{path:t,mode:n,owner:s,group:i,empty:r}=e,a=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...a&&{selinuxType:a},empty:r}}o(lf,"resolveDirectory");function df(e){const{id:t,title:n,script:s,environment:i}=e,r=Object.entries(i).map(([a,c])=>[a,String(c)]);return{id:t,title:n,script:s,...r.length>0&&{environment:Object.fromEntries(r)}}}o(df,"resolveCommand");function uf(e){return{...e,url:ff(e.url)}}o(uf,"resolveDownload");function ff(e){const t=new URL(e);return t.pathname=t.pathname.replaceAll("+","%2B"),t.href}o(ff,"encodePlus");function hf(e){return e.repositories.map(Fs).flatMap(({gpgKey:{file:t,url:n,sha256:s}})=>n&&s?[{url:n,sha256:s,path:t,mode:"0644"}]:[])}o(hf,"keyDownloads");function mf(e){const{"virtual-size":t,"maximum-size":n}=e;return{...t!==void 0&&{virtualSize:t},...n!==void 0&&{maximumSize:n},minimumFreePercent:e["minimum-free-percent"]}}o(mf,"resolveImage");function pf({document:e,tree:t,problems:n}){return e.certificates.flatMap(({name:s,pem:i},r)=>{const a=zo(s,i);return"wrong"in a?(n.add($e(t,["certificates",r,"pem"]),`"${s}": ${a.wrong}`),[]):a})}o(pf,"resolveCertificates");function gf({document:e,tree:t,problems:n}){const{firewall:s}=e;if(!s)return;const i=nf({roles:s.roles,features:s.features,nodeSources:s["node-sources"],nodeInterface:s["node-interface"],sshSources:s["ssh-sources"]}),r=s.open.map(({name:a,protocol:c,from:l,to:d=l,sources:m,interface:$,purpose:b},x)=>(d<l&&n.add($e(t,["firewall","open",x,"to"]),`"${a}": the range ends (${d}) before it begins (${l})`),{name:a,protocol:c,from:l,to:d,purpose:b,...m.length>0&&{sources:m},...$&&{interface:$}}));return Zu([...i,...r].sort(Gs))}o(gf,"resolveFirewall");function $f(e,t){if(!t)return e;const n={RECIPE:e.name,LAYERS:e.layers.join(" "),...t.fields},s=o(i=>({...e,files:[...e.files,lr(t.path,{...n,...i})]}),"withFile");return s({[Me.qj]:`sha256:${(0,Me.dF)(s({}))}`})}o($f,"withRelease");function wf(e,t){kf(e,t),bf(e,t),yf(e,t)}o(wf,"findContradictions");function kf({tree:e,problems:t},n){const s=o((i,r)=>{for(const a of new Set(r.filter((c,l)=>r.indexOf(c)<l)))t.add($e(e,i.split(".")),`"${i}" has "${a}" twice`)},"told");s("repositories",n.repositories.map(i=>i.id)),s("files",[...n.files,...n.downloads].map(i=>i.path)),s("directories",n.directories.map(i=>i.path)),s("commands",n.commands.map(i=>i.id)),s("certificates",n.certificates.map(i=>i.name)),s("packages.install",n.packages.install),s("packages.absent",n.packages.absent),s("firewall.open",n.firewall?.ports.map(i=>i.name)??[]);for(const i of["enable","disable","mask"])s(`services.${i}`,n.services[i])}o(kf,"findDuplicates");function bf({tree:e,problems:t},n){const{packages:s,services:i,firewall:r}=n,a=o((l,d)=>t.add($e(e,l),d),"told");for(const l of s.install.filter(d=>s.absent.includes(d)))a(["packages","absent"],`the package "${l}" is to be installed and to be absent`);for(const l of i.enable.filter(d=>[...i.disable,...i.mask].includes(d)))a(["services","enable"],`the unit "${l}" is to be enabled, and disabled or masked`);const c=["iptables.service","ip6tables.service"].filter(l=>!i.enable.includes(l));r&&c.length>0&&a(["firewall"],`the rules are written but never loaded: "services.enable" lacks ${c.join(" and ")}`)}o(bf,"findOverlaps");function yf({tree:e,problems:t},n){if(!n.allowedHosts)return;const s=[...[n.base.url,n.base.checksumUrl].map(i=>({url:i,path:["base"]})),...n.repositories.map(({baseurl:i},r)=>({url:i,path:["repositories",r]})),...n.downloads.map(({url:i})=>({url:i,path:["downloads"]}))];for(const{url:i,path:r}of s){const a=i&&new URL(i).hostname;a&&!n.allowedHosts.includes(a)&&t.add($e(e,r),`the host "${a}" (${i}) is not among "allowed-hosts": ${n.allowedHosts.join(", ")}`)}}o(yf,"findForbiddenHosts");const Bs=/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;function jt(e){const t=[];let n=e;for(;;){const s=/\$\$\{|\$\{([^}]*)\}?/.exec(n);if(!s)return n===""&&t.length>0?t:[...t,{text:n}];s.index>0&&t.push({text:n.slice(0,s.index)}),t.push(s[1]===void 0?{text:"${"}:{name:s[1]}),n=n.slice(s.index+s[0].length)}}o(jt,"scan");class vf{static{o(this,"Variables")}#e;#t;#n;#i=new Map;#s=new Set;constructor(t,n,s){this.#e=t,this.#t=n,this.#n=s;for(const i of Object.keys(n))t.has(i)||s.add(void 0,`variable "${i}": the recipe has none of this name${this.#h(i)}`);for(const{declaration:i,at:r}of t.values())this.#r(i,r);for(const i of t.keys())this.#a(i,[])}declaration(t){return this.#e.get(t)?.declaration}value(t,n){if(this.#s.add(t),!this.#e.has(t)){this.#n.add(n,this.#f(t));return}return this.#i.get(t)}substitute(t,n){const s=jt(t),[i]=s;if(s.length===1&&i&&"name"in i)return this.value(i.name,n);const r=s.map(a=>"text"in a?a.text:this.#o(a.name,n));return r.includes(void 0)?void 0:r.join("")}reportUnused(){for(const[t,{at:n}]of this.#e)this.#s.has(t)||this.#n.add(n,`the variable "${t}" is declared but not used anywhere`)}#o(t,n){const s=this.value(t,n);if(!Array.isArray(s))return s===void 0?void 0:String(s);this.#n.add(n,`the variable "${t}" is a list and cannot be part of a longer text`)}#r(t,n){if(typeof t.default=="string")for(const s of jt(t.default))"name"in s&&this.value(s.name,n)}#a(t,n){if(this.#i.has(t))return this.#i.get(t);const{declaration:s,at:i}=this.#e.get(t);if(n.includes(t)){this.#n.add(i,`the defaults of ${[...n,t].map(c=>`"${c}"`).join(" \u2192 ")} refer to each other`);return}const r=Object.hasOwn(this.#t,t)?this.#t[t]:void 0,a=r===void 0?this.#d(t,s,i,n):this.#u(t,s,r,void 0);return this.#i.set(t,a),a}#d(t,n,s,i){const r=n.default;if(r===void 0){this.#n.addMissing(t,n.description);return}if(typeof r!="string")return r;const a=jt(r).map(c=>"text"in c?c.text:this.#c(c.name,[...i,t]));return a.includes(void 0)?void 0:this.#u(t,n,a.join(""),s)}#c(t,n){const s=this.#e.has(t)?this.#a(t,n):void 0;return s===void 0?void 0:String(s)}#u(t,n,s,i){const r=Vt(n,s);if(!("wrong"in r))return r.value;this.#n.add(i,`variable "${t}": ${r.wrong}, found ${JSON.stringify(s)}`)}#f(t){return Bs.test(t)?`there is no variable "${t}"${this.#h(t)}`:`"\${${t}" is no variable; write "$\${" for a literal "\${"`}#h(t){return ve(t,[...this.#e.keys()])}}function Vt(e,t){switch(e.type){case"string":return{value:t};case"url":return t===""||Ef(t)?{value:t}:{wrong:"expected an http or https URL, or nothing"};case"integer":return/^-?\d{1,15}$/.test(t)?{value:Number(t)}:{wrong:"expected a whole number"};case"boolean":return t==="true"||t==="false"?{value:t==="true"}:{wrong:"expected true or false"};case"enum":return e.values?.includes(t)?{value:t}:{wrong:`expected one of ${e.values?.join(", ")}`};case"list":return{value:t.split(`
`).map(n=>n.trim()).filter(n=>n!=="")}}}o(Vt,"readValue");function Ef(e){return URL.canParse(e)&&["http:","https:"].includes(new URL(e).protocol)}o(Ef,"isWebUrl");function Sf(e){return Array.isArray(e)?e.length>0:!!e}o(Sf,"isTruthy");function Tf(e,t,n,s){const i=/^(?:(not)\s+)?([a-z][a-z0-9-]*)(?:\s*(==|!=)\s*(.*))?$/.exec(String(e).trim());if(!i||i[1]&&i[3])return s.add(n,`"when" takes: name, not name, name == value, name != value; found ${JSON.stringify(e)}`),!1;const[,r,a,c,l]=i,d=t.value(a,n);if(!c)return Sf(d)!==!!r;const m=t.declaration(a),$=m&&Vt(m,l);return $&&("wrong"in $||m.type==="list")?(s.add(n,`"${a}" can never be ${JSON.stringify(l)}: it is of type ${m.type}`),!1):String(d)===l==(c==="==")}o(Tf,"holds");const Yt=u.YjP(),he=u.YjP().min(1,"must not be empty"),L=o((e,t)=>u.YjP().regex(e,t),"pattern"),Te=L(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~-]*[\w@+:,=~.-]$/,'expected an absolute path without "..", double slashes or special characters'),If=L(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~*?![\]-]*[\w.*?\]-]$/,"expected an absolute path, where *, ? and [...] may stand for letters"),qt=L(/^0?[0-7]{3}$|^[0-7]{4}$/,"expected an octal mode such as 0644").transform(e=>e.padStart(4,"0")),it=L(/^[a-z_][a-z0-9_-]*$/,"expected the name of a user or group"),Hs=L(/^[A-Za-z0-9_]+_t$/,"expected an SELinux type such as system_conf_t"),rt=u.OZ5({protocol:/^https?$/,error:"expected an http or https URL"}),Ks=L(/^[0-9a-f]{64}$/,"expected a sha256 in 64 lower-case hex digits"),we=L(/^[A-Za-z0-9][\w.-]*$/,'expected letters, digits, ".", "_" and "-"'),Ws=L(/^[A-Za-z0-9][\w.+-]*$/,"expected the name of a package"),Zt=L(/^[\w@:.\\-]+\.(service|socket|timer|target|path|mount)$/,"expected a unit with its suffix, such as iptables.service"),Xt=u.KCZ([u.zrY(),u.l7s()],{error:"expected a network such as 10.0.0.0/16 or fd00::/64"}),js=L(/^([\w.+-]{1,15})?$/,"expected the name of a network interface"),Vs=L(/^\d/,"expected a size such as 10Gi").transform((e,t)=>{const n=(0,R.L)(e);return n===void 0&&t.addIssue({code:"custom",message:"expected a size such as 10Gi"}),n??0}),_=o(e=>u.YOg(e).default([]),"list"),Ys=u.KCZ([u.euz(""),rt],{error:"expected an http or https URL"}).optional(),qs=u.KCZ([u.euz(""),Ks],{error:"expected a sha256 in 64 lower-case hex digits"}).optional(),Rf=u.rej({url:rt.describe("qcow2 that the image is made from."),"checksum-url":Ys.describe('Checksum file (BSD or GNU form) with a sha256 line for the file of "url".'),sha256:qs.describe("Digest of the base, if it is known without a checksum file."),arch:u.k5n(["x86_64"]).default("x86_64")}).refine(e=>e["checksum-url"]||e.sha256,{error:'one of "checksum-url" and "sha256" must be given: a base image is never taken unchecked'}),Af=u.rej({id:we,name:he,baseurl:rt,"gpg-key":u.rej({file:Te.describe("Where the key is in the image; packages are checked against this file."),armoured:Yt.optional().describe('The key itself, ASCII-armoured; written to "file".'),url:Ys.describe('Where the builder gets the key from; needs "sha256".'),sha256:qs}).refine(e=>!e.url||e.armoured||e.sha256,{error:'a key that is fetched needs its "sha256": whoever can swap the key can swap the packages'}),"repo-gpgcheck":u.zMY().default(!1).describe("Check the signature of the repository metadata, too."),enabled:u.zMY().default(!1).describe("Enabled in the finished image. During the bake every repository of the recipe is."),replaces:_(we).describe("Ids of the base image's own repositories that are switched off for this one.")}),_f=u.rej({path:Te,mode:qt.default("0644"),owner:it.default("root"),group:it.default("root"),"selinux-type":Hs.optional().describe("Type the proof expects; it is the policy that assigns it."),content:Yt.optional().describe("Taken as it stands."),template:Yt.optional().describe("Like content, with variables put in.")}).refine(e=>e.content===void 0!=(e.template===void 0),{error:'exactly one of "content" and "template" must be given'}),xf=u.rej({path:Te,mode:qt.default("0755"),owner:it.default("root"),group:it.default("root"),"selinux-type":Hs.optional(),empty:u.zMY().default(!1).describe("Nothing may be in it in the finished image.")}),Of=u.rej({name:we,protocol:u.k5n(["tcp","udp"]),from:u.Whr().min(1).max(65535),to:u.Whr().min(1).max(65535).optional().describe("Last port of a range."),sources:_(Xt),interface:js.optional(),purpose:he}),Nf=u.rej({roles:u.YOg(u.k5n(zs)).min(1,"at least one role"),features:u.YOg(u.k5n(ef)),"node-sources":_(Xt).describe("Networks of the nodes; empty: ports between nodes are open to everyone."),"node-interface":js.default("").describe("Interface of the cluster network; empty: any."),"ssh-sources":_(Xt).describe("Networks that may reach ssh; empty: everyone."),open:_(Of).describe("Ports beyond those of the features.")}),Lf=u.rej({id:L(/^[a-z][a-z0-9-]*$/,'expected lower-case letters, digits and "-"'),title:he,script:he.describe("Body of a POSIX shell script, run in the image with set -eu; taken as it stands."),environment:u.g1P(L(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),u.KCZ([u.YjP(),u.aig(),u.zMY()])).default({}).describe("Shell variables for the script; variables of the recipe may be put in.")}),Pf=u.rej({url:rt,sha256:Ks,path:Te,mode:qt.default("0644")}),Zs=u.KCZ([u.YjP(),u.aig(),u.zMY()]).transform(String),Cf=u.rej({name:L(/^[a-z][a-z0-9-]{0,39}$/,'expected lower-case letters, digits and "-", at most 40'),description:he,base:Rf,repositories:_(Af),"other-repositories":u.k5n(["keep","disable"]).default("keep").describe("What happens to the base image's own repositories."),"allowed-hosts":u.YOg(he).optional().describe("Air gap: the only hosts that may occur in any URL."),packages:u.rej({update:u.zMY().default(!0),install:_(Ws),absent:_(Ws),signers:_(L(/^[0-9a-f]{16}$/,"expected a long key id: 16 lower-case hex digits")),"minimum-count":u.Whr().min(1).default(1)}).prefault({}),files:_(_f),directories:_(xf),sysctls:u.g1P(we,u.g1P(L(/^[\w./-]+$/,"expected a sysctl key"),Zs)).default({}).describe("Name of a drop-in in /etc/sysctl.d (without .conf) \u2192 keys and values."),"kernel-modules":_(we),services:u.rej({enable:_(Zt),disable:_(Zt),mask:_(Zt)}).prefault({}),"kernel-command-line":u.rej({required:_(L(/^[^\s"'$\\`]+$/,"expected one argument without quotes")),forbidden:_(L(/^[^\s"'$\\`]+$/,"expected an argument, or the name of one"))}).prefault({}),initramfs:u.rej({drivers:_(we)}).prefault({}),firewall:Nf.optional(),selinux:u.rej({mode:u.k5n(["enforcing","permissive"]).default("enforcing"),type:u.k5n(["targeted","mls","minimum"]).default("targeted")}).prefault({}),certificates:_(u.rej({name:we,pem:he.describe("One or more certificates.")})),commands:_(Lf),downloads:_(Pf),release:u.rej({path:Te,fields:u.g1P(L(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),Zs).default({})}).optional().describe("A file in the image that tells where it comes from."),sealing:u.rej({removed:_(If),emptied:_(Te)}).prefault({}),image:u.rej({"virtual-size":Vs.optional(),"maximum-size":Vs.optional(),"minimum-free-percent":u.Whr().min(0).max(95).default(0)}).prefault({})}),Mf=u.g1P(L(Bs,'expected lower-case letters, digits and "-"'),u.rej({type:u.k5n(["string","url","integer","boolean","enum","list"]).default("string"),description:he,values:u.YOg(u.YjP()).optional(),default:u.KCZ([u.YjP(),u.aig(),u.zMY(),u.YOg(u.YjP())]).optional()}));function Xs(e,t,n){const s=e.safeParse(Be(t));if(s.success)return s.data;for(const i of s.error.issues)Df(i,e,t,n)}o(Xs,"validate");function Df(e,t,n,s){if(e.code==="unrecognized_keys"){const r=Bf(t,e.path);for(const a of e.keys){const c=ve(a,r)||`; known here: ${r.join(", ")}`;s.add(Kt(n,[...e.path,a]),`unknown key "${a}"${c}`)}return}const i=e.code==="invalid_key"?Kt(n,e.path):$e(n,e.path);s.knows(i)||s.add(i,Uf(e,n))}o(Df,"complain");function Uf(e,t){const n=e.path.map(String).join(".").replace(/\.(\d+)(?=\.|$)/g,"[$1]"),s=e.path.reduce((r,a)=>r?.[a],Be(t));if(s===void 0&&e.path.length>0)return`"${n}" is missing`;if(e.code==="invalid_type")return`"${n}": expected ${Gf(e.expected)}, found ${Jt(s)}`;if(e.code==="invalid_value")return`"${n}": expected ${Ff(e.values)}, found ${Jt(s)}${ve(String(s),e.values.map(String))}`;if(e.code==="invalid_key")return`"${n}": ${e.issues[0]?.message??"not a valid key"}`;const i=e.code==="custom"||typeof s=="object"?"":`, found ${Jt(s)}`;return n===""?e.message:`"${n}": ${e.message}${i}`}o(Uf,"wording");const zf={object:"a map",record:"a map",array:"a list",string:"a text",int:"a whole number",number:"a number",boolean:"true or false"},Gf=o(e=>zf[e]??e,"typeName"),Ff=o(e=>e.length===1?String(e[0]):`one of ${e.join(", ")}`,"valuesOf");function Jt(e){return Array.isArray(e)?"a list":e===null?"nothing":typeof e=="object"?"a map":JSON.stringify(e).slice(0,80)}o(Jt,"shown");function Bf(e,t){let n=Ke(e);for(const s of t)n instanceof u.bvH?n=Ke(n.shape[String(s)]):n instanceof u.naA?n=Ke(n.element):n instanceof u.b8S&&(n=Ke(n.valueType));return n instanceof u.bvH?Object.keys(n.shape):[]}o(Bf,"keysAt");function Ke(e){return e instanceof u.XiL||e instanceof u.IiU||e instanceof u.xgV?Ke(e.def.innerType):e}o(Ke,"unwrapped");const Hf=new Set(["content","script"]);function Kf(e,t,n){return new Wf(t,n).map(e)}o(Kf,"substitute");class Wf{static{o(this,"Substitution")}#e;#t;constructor(t,n){this.#e=t,this.#t=n}map(t){const n=new Map;for(const[s,i]of t.entries){const r=Hf.has(s)?i.value:this.#n(i.value);r&&n.set(s,{...i,value:r})}return{...t,entries:n}}#n(t){if(t.kind!=="map"||!t.entries.has("when"))return this.#s(t);const n=this.map(Ee(t,"when"));if(this.#i(t.entries.get("when").value))return n.entries.get("item")?.value??n}#i(t){const n=t.kind==="scalar"?t.value:void 0;return Tf(n,this.#e,t.at,this.#t)}#s(t){return t.kind==="map"?this.map(t):t.kind==="list"?this.#o(t):typeof t.value=="string"?this.#r(t,t.value):t}#o(t){const n=t.items.flatMap(s=>{const i=this.#n(s);return(s.kind!=="list"&&i?.kind==="list"?i.items:[i]).filter(a=>a!==void 0)});return{...t,items:n}}#r(t,n){const s=this.#e.substitute(n,t.at);if(!Array.isArray(s))return{...t,value:s??""};const i=s.map(r=>({kind:"scalar",at:t.at,value:r}));return{kind:"list",at:t.at,items:i}}}async function jf(e){const t=new Uu,n=await Js(e.file,e,t),s=[];for(const d of e.layers){const m=await Js(Vf(e.file,d),e,t);m&&s.push(m)}t.throwIfAny();const i=s.reduce((d,m)=>Vu(d,Yf(m,t),t),n),r=qf(i,e.variables,t);t.lacksValues&&t.throwIfAny();const a=Xs(Cf,r,t);t.throwIfAny();const c=s.map(d=>String(Be(d.entries.get("layer").value))),l=rf({document:a,tree:r,layers:c,problems:t});return t.throwIfAny(),l}o(jf,"loadRecipe");function Vf(e,t){return/[/\\]|\.ya?ml$/.test(t)?t:(0,G.join)((0,G.dirname)(e),"layers",`${t}.yml`)}o(Vf,"layerPath");async function Js(e,t,n){try{return Bu(e,await t.readFile(e),n)}catch(s){n.add({file:e,line:1,column:1},`the file cannot be read: ${(0,f.bD)(s)}`);return}}o(Js,"readSource");function Yf(e,t){e.entries.get("layer")||t.add(e.at,'a layer begins with "layer: <name>"');const s=e.entries.get("name");return s&&t.add(s.keyAt,'a layer has no "name" of its own, only "layer: <name>"'),Ee(e,"name")}o(Yf,"checkLayer");function qf(e,t,n){const s=e.entries.get("variables")?.value,i=s?Zf(s,n):new Map,r=new vf(i,t,n),a=Kf(Ee(e,"variables"),r,n);return r.reportUnused(),a}o(qf,"putVariablesIn");function Zf(e,t){const n=e.kind==="map"?Xs(Mf,e,t):void 0;e.kind!=="map"&&t.add(e.at,'"variables" is a map of names');const s=e.kind==="map"?[...e.entries.keys()]:[];return new Map(s.map(i=>{const r=Kt(e,[i]),a=n?.[i]??{type:"string",description:"",default:""};return Xf(i,a,c=>t.add(r,c)),[i,{declaration:a,at:r}]}))}o(Zf,"readDeclarations");function Xf(e,t,n){const{type:s,values:i}=t;s==="enum"!=(i!==void 0)&&n(`"${e}": "values" belongs to variables of type enum, and only to them`);const r=Qf(t);r&&n(`"${e}": the default is wrong: ${r}`)}o(Xf,"load_checkDefault");const Jf={integer:"number",boolean:"boolean",list:"object"};function Qf(e){const{type:t,default:n}=e;if(n===void 0||typeof n=="string"&&n.includes("${"))return;if(typeof n!==(Jf[t]??"string"))return`it is not of type ${t}`;if(t==="list")return;const s=Vt(e,String(n));return"wrong"in s?s.wrong:void 0}o(Qf,"wrongDefault");const eh=(0,G.join)((0,G.dirname)(process.argv[1]??""),"..","..","recipes");function th(e,t=eh){return/[/\\]|\.ya?ml$/.test(e)?e:(0,G.join)(t,`${e}.yml`)}o(th,"recipeFile");function nh(e){const t=e["ca-certificates"];return jf({file:th(e.recipe),readFile:o(n=>(0,Q.readFile)(n,"utf8"),"readFile"),layers:e.layers,variables:{...t&&{"ca-certificates":t},...e.variables}})}o(nh,"loadInputRecipe");function sh(e,t){const[n,s]=[e["cilium-pool-start"],e["cilium-pool-stop"]];return{...t,imageNamePrefix:e["image-name-prefix"],network:e.network,staticNetwork:rh(e),storageClass:e["storage-class"],builder:ih(e),proxy:{http:e["http-proxy"],https:e["https-proxy"],no:e["no-proxy"]},builderSshKeys:e["builder-ssh-keys"],sshAuthorizedKeys:e["ssh-authorized-keys"],ciliumPool:n&&s?{start:n,stop:s}:void 0,force:e.force,maxAge:e["max-age"],importRetries:e["import-retries"],keepFailed:e["keep-failed"],limits:{...I.dR,provision:e["provision-timeout"],bake:e["bake-timeout"],import:e["import-timeout"],cleanup:e["cleanup-timeout"],stall:e["stall-timeout"]}}}o(sh,"requestOf");function ih(e){const t=e["builder-image"];return{cpu:e["builder-cpu"],memory:e["builder-memory"],diskSize:e["builder-disk-size"],image:t===void 0?void 0:{url:t,sha512:e["builder-image-sha512"]},keepImage:e["keep-builder-image"],efi:e["builder-efi"]}}o(ih,"builderMachine");function rh(e){const t=e["static-ip"];return t===void 0?void 0:{address:t,gateway:e.gateway,nameservers:e.nameservers}}o(rh,"staticNetwork");var Qt=p(2893);function oh(e,t){const{image:n,verdict:s,left:i}=t,r=new Ge().heading(t.skipped?`Skipped: ${t.reason}`:`Golden image ${n.displayName}`);return r.table(["What","Value"],ah(e,t)),s&&r.raw(Os(s)),r.timeline("Phases",Qs(t.timings)),r.details("Use it in a cluster",a=>{a.paragraph("terraform.tfvars").code(t.tfvars,"hcl"),a.paragraph("cloud-init of control-plane nodes").code(t.controlPlaneCloudInit,"yaml"),a.paragraph("cloud-init of workers").code(t.workerCloudInit,"yaml")}),i.length>0&&r.heading("Still there",3).table(["What","Why"],i.map(({what:a,why:c})=>[a,c])),r}o(oh,"resultSummary");function ah(e,t){const{image:n,sha512:s,size:i,virtualSize:r,fingerprint:a}=t,{recipe:c}=e;return[["Image",n.id],["Storage class",n.storageClassName],["Recipe",[c.name,...c.layers].join(" + ")],["SHA-512",s&&`${s.slice(0,64)}
${s.slice(64)}`],["Size",`${(0,R.z)(i)}${r?`, disk ${(0,R.z)(r)}`:""}`],["Fingerprint",a]].filter(d=>d[1]!==void 0)}o(ah,"imageRows");function ch({error:e,verdict:t,timings:n}){const s=new Ge().heading(`The golden build failed: ${e.code}`).paragraph(e.message);return e.mend&&s.paragraph(e.mend),t?s.raw(Os(t)):e.evidence.length>0&&s.code(e.evidence.join(`
`),"text"),s.timeline("Phases",Qs(n))}o(ch,"failureSummary");function lh(e,t){return new Ge().heading("Plan of a golden build").paragraph(t).code((0,I.HN)(e).join(`
`),"text")}o(lh,"planSummary");function Qs(e){let t=0;return e.flatMap(({phase:n,duration:s,outcome:i,steps:r})=>{const a=t;t+=s;const c=i==="failed";let l=t-r.reduce((m,$)=>m+$.duration,0);const d=r.map((m,$)=>{const b=l;return l+=m.duration,{label:`\xB7 ${m.name}`,start:b,end:l,failed:c&&$===r.length-1}});return[{label:n,start:a,end:t,failed:c},...d]})}o(Qs,"bars");async function dh(e){const{inputs:t,env:n,log:s}=e,i=await nh(t),r=i.certificates.map(({pem:l})=>l),a=(0,Ae.V)({ca:r,env:n}),c=await(0,Pu.b)(t,{env:n,log:s});try{const{namespace:l}=c,d=(0,I.d5)(sh(t,{recipe:i,runId:Cu(n),namespace:l}),A.ml);await(t["dry-run"]?uh(d,{...e,kube:c,http:a}):fh(d,{...e,kube:c,http:a}))}finally{await c.close(),await a.close()}}o(dh,"build");async function uh(e,{kube:t,http:n,log:s,signal:i,env:r}){await s.group("Recipe",async()=>s.info(wu(e.recipe)));for(const d of(0,I.HN)(e))s.info(d);const a=o(d=>s.debug(d),"progress"),{decision:c}=await gi(e,{kube:t,http:n,clock:A.ml,log:s,signal:i,progress:a,step:a}),l=c.skip?"A build would be skipped":"A build would bake";st({skipped:!0,"skip-reason":`dry run: ${c.reason}`}),await Gt(lh(e,`${l}: ${c.reason}.`),r)}o(uh,"dryRun");async function fh(e,t){const{kube:n,http:s,log:i,signal:r,env:a}=t,c=new me(ph(e,t)),l=(0,U.randomBytes)(24).toString("hex");(0,xu.$l)(l);const d={runId:e.runId,namespace:e.namespace};(0,Ft.LZ)(Qt.o,d),st({"output-folder":c.path});const m=Mu(a),$=new $u(e,{kube:n,http:s,clock:A.ml,log:i,signal:r,output:c,origin:m,token:l});try{const b=await $.run();b.left.length===0&&(0,Ft.LZ)(Qt._,!0),await hh(e,b,a)}catch(b){const x=(0,f.Oy)(b,"building the golden image");e.keepFailed&&!r.aborted&&(0,Ft.LZ)(Qt._,!0);const{files:J,timings:ae,verdict:Ie}=$;throw st({...mh(J),"phase-timings":Cs(ae)}),await Gt(ch({error:x,verdict:Ie,timings:ae}),a),x}finally{await Lu(c.files,a)}}o(fh,"bakeAndReport");async function hh(e,t,n){st(Du(t)),await Gt(oh(e,t),n)}o(hh,"publish");const mh=o(e=>({manifest:e.manifest,verdict:e.verdict,"build-record":e.buildRecord}),"fileOutputs");function ph(e,{inputs:t,env:n}){return t["output-folder"]??(0,G.join)(n.RUNNER_TEMP??".",`golden-build-${e.runId}`)}o(ph,"outputFolder")}),2893:((Re,se,p)=>{p.d(se,{_:o(()=>G,"_"),o:o(()=>U,"o")});const U="run",G="settled"}),2864:((Re,se,p)=>{p.d(se,{V:o(()=>F,"V")});var U=p(7075),G=p(2030),A=p(5145),f=p(6089);const Ae=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function ke(w){const y=URL.canParse(w)?new URL(w):void 0;if(y&&/^https?:$/.test(y.protocol))return y;throw new A.yo("HTTP_URL",`"${(0,f.B)(w)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}o(ke,"parseHttpUrl");function Q(w){const y=Object.entries(w.headers??{}).map(([g,S])=>[g.toLowerCase(),S]);return{...w,headers:Object.fromEntries(y)}}o(Q,"withLowerCaseHeaders");function _e(w,y,g){const{body:S,headers:v={},...T}=w,B=w.method??"GET",P=y===303?B!=="HEAD":y<303&&B==="POST",Y=g.to.origin!==g.from.origin,ee=o(ie=>Y&&Ae.test(ie)||P&&ie.startsWith("content-"),"dropped"),ce=Object.entries(v).filter(([ie])=>!ee(ie)),Pe={...T,headers:Object.fromEntries(ce)};if(P)return{...Pe,method:"GET"};if(S===void 0)return Pe;if(typeof S=="string"||S instanceof Uint8Array)return{...Pe,body:S};throw new A.eG("HTTP_REDIRECTS",`${(0,f.B)(g.from)} redirects a ${B} whose body is a stream.`,{mend:`Send it to ${(0,f.B)(g.to)} directly.`})}o(_e,"redirected");var me=p(2781),I=p(3464),k=p(7598),C=p(1692);const M=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function N(w){const y=w.match(M)??[],g=y.findIndex(v=>!E(v));if(y.length>0&&g<0)return y;const S=y.length===0?"holds no certificate":`is broken at certificate ${g+1}`;throw new A.yo("CA_INVALID",`The CA bundle ${S}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}o(N,"splitPem");function E(w){try{return new k.X509Certificate(w),!0}catch{return!1}}o(E,"isCertificate");function D(w){if(w.length!==0)return C.createSecureContext({ca:[...C.getCACertificates("default"),...w.flatMap(N)]})}o(D,"trustContext");const ot=4<<20,at=3e4,xe=1e4,We=5,ct=new Set([301,302,303,307,308]);function F(w={}){const y=new Map,g=o(v=>{const T=y.get(v)??Oe(v,w.ca??[]);return y.set(v,T),T},"agentFor"),S=o(async(v,T)=>{const B=(0,I.i)(v,w.env??{});return{url:v,request:T,proxy:B,agent:await g(B)}},"hop");return{request:o(async(v,T={})=>Ne(S,ke(v),Q(T)),"request"),close:o(async()=>{for(const v of y.values())await v.then(T=>T.destroy(),()=>{})},"close")}}o(F,"createHttp");async function Oe(w,y){const g=D(y),{Agent:S,ProxyAgent:v}=await p.e(752).then(p.t.bind(p,4371,19)),T={...g&&{secureContext:g},autoSelectFamily:!0};return w?new v({uri:w,requestTls:T,proxyTls:T,connectTimeout:xe}):new S({connect:{...T,timeout:xe}})}o(Oe,"makeAgent");async function Ne(w,y,g){const S=g.redirects??We;let[v,T]=[y,g];for(let B=0;;B++){const P=await lt(await w(v,T)),{location:Y}=P.headers;if(S===0||!Y||!ct.has(P.status))return P;if(P.body.destroy(),B===S)throw Le(y,`redirects more than ${S} times`);const ee=URL.canParse(Y,v.href)?new URL(Y,v):void 0;if(!ee||!/^https?:$/.test(ee.protocol))throw Le(v,"redirects to what is no http URL");T=_e(T,P.status,{from:v,to:ee}),v=ee}}o(Ne,"follow");function Le(w,y){return new A.eG("HTTP_REDIRECTS",`${(0,f.B)(w)} ${y}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}o(Le,"badRedirect");async function lt({url:w,request:y,proxy:g,agent:S}){const{signal:v,timeout:T=at}=y,B=o(P=>v?.aborted?(0,G.Js)(v):(0,me.x)(P,w,g),"explained");(0,G.Te)(v);try{const P=await S.request({origin:w.origin,path:w.pathname+w.search,method:y.method??"GET",headers:{...je(w),...y.headers},body:y.body??null,signal:v??null,headersTimeout:T,bodyTimeout:T}),Y=ut(P.body,B);return{status:P.statusCode,headers:dt(P.headers),url:w.href,body:Y,text:o((ee=ot)=>Ve(Y,w,ee),"text")}}catch(P){throw B(P)}}o(lt,"send");function je(w){if(!w.username)return{};const y=`${decodeURIComponent(w.username)}:${decodeURIComponent(w.password)}`;return{authorization:`Basic ${Buffer.from(y).toString("base64")}`}}o(je,"basicAuth");function dt(w){const y=o(([g,S])=>[g,[S??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(w).map(y))}o(dt,"flatHeaders");function ut(w,y){const g=new U.PassThrough;w.once("error",S=>g.destroy(y(S))),g.once("close",()=>w.destroy());for(const S of[w,g])S.on("error",()=>{});return w.pipe(g)}o(ut,"withExplanation");async function Ve(w,y,g){const S=[];let v=0;for await(const T of w){if(v+=T.length,v>g)throw new A.eG("HTTP_TOO_LARGE",`${(0,f.B)(y)} sent more than ${g} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});S.push(T)}return Buffer.concat(S).toString("utf8")}o(Ve,"readText")}),3464:((Re,se,p)=>{p.d(se,{i:o(()=>f,"i")});var U=p(7030),G=p(5145),A=p(6089);function f(I,k){const C=o(E=>k[E]||k[E.toUpperCase()]||void 0,"read"),M=C(I.protocol==="https:"?"https_proxy":"http_proxy");if(!M||_e(I.hostname)||Ae(I,C("no_proxy")??""))return;const N=M.includes("://")?M:`http://${M}`;if(URL.canParse(N)&&/^https?:$/.test(new URL(N).protocol))return N;throw new G.yo("PROXY_INVALID",`The proxy "${(0,A.B)(N)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}o(f,"proxyFor");function Ae(I,k){const C=me(I.hostname),M=I.port||(I.protocol==="https:"?"443":"80");return k.split(/[\s,]+/).map(N=>N.toLowerCase()).filter(Boolean).some(N=>ke(N,C,M))}o(Ae,"bypassed");function ke(I,k,C){if(I==="*")return!0;if(I.includes("/"))return Q(I,k);const[,M,N]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(I)??[];if(M===void 0||N&&N!==C)return!1;const E=me(M).replace(/^\*?\./,"");return k===E||(0,U.isIP)(k)===0&&k.endsWith(`.${E}`)}o(ke,"matches");function Q(I,k){const[C="",M=""]=I.split("/"),N=(0,U.isIP)(k);if(N===0||(0,U.isIP)(C)!==N||!/^\d+$/.test(M)||Number(M)>(N===4?32:128))return!1;const E=new U.BlockList,D=N===4?"ipv4":"ipv6";return E.addSubnet(C,Number(M),D),E.check(k,D)}o(Q,"inBlock");function _e(I){const k=me(I);return k==="localhost"||k.endsWith(".localhost")||k==="::1"||/^127\./.test(k)}o(_e,"isLoopback");function me(I){return I.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}o(me,"bare")})};
