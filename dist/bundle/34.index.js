var Vf=Object.defineProperty;var o=(ue,j)=>Vf(ue,"name",{value:j,configurable:!0});export const id=34,ids=[34],modules={2034:((ue,j,h)=>{h.d(j,{build:o(()=>Gf,"build")});var I=h(7598),z=h(6760),A=h(2030),f=h(5145),Z=h(2864),V=h(3024),S=h(1455);const B=64<<20;class v{static{o(this,"OutputFolder")}path;#e=[];#t;#n=0;constructor(t){this.path=t}get files(){return this.#e}async save(t,n){const s=this.#i(t);return await(0,S.writeFile)(s,typeof n=="string"?n:`${JSON.stringify(n,null,2)}
`),s}record=o(t=>{this.#n>B||(this.#t??=(0,V.createWriteStream)(this.#i("console.log")),this.#n+=t.length+1,this.#t.write(`${t}
`))},"record");async open(){await(0,S.mkdir)(this.path,{recursive:!0})}async close(){await new Promise(t=>this.#t?this.#t.end(t):t())}#i(t){const n=(0,z.join)(this.path,t);return this.#e.includes(n)||this.#e.push(n),n}}var y=h(329),g=h(4560);const w="1",E={sha256:64,sha512:128};function T(e,t,n){const s=new Set(t.split(/\r?\n/).flatMap(i=>C(e,i,n)));return s.size===1?[...s][0]:void 0}o(T,"digestFromChecksumFile");function C(e,t,n){const s=`([0-9a-fA-F]{${E[e]}})`,i=new RegExp(`^${e.toUpperCase()} \\((.+)\\) = ${s}\\s*$`).exec(t),r=new RegExp(`^\\\\?${s} [ *](?:\\./)?(.+?)\\s*$`).exec(t),[a,c]=i?[i[1],i[2]]:[r?.[2],r?.[1]];return a===n&&c?[c.toLowerCase()]:[]}o(C,"entryOf");var O=h(5902),R=h(8338),G=h(1702),x=h(5889),X=h(7119),Q=h(775),_=h(7702),M=h(188);const Oe="harvesterhci.io/imageDisplayName",pe="harvesterhci.io/storageClassName",ze="harvesterhci.io/image-name",ot="field.cattle.io/description",rt="harvesterhci.io/image-type";function Ye(e){if(e.sha512!==void 0&&!/^[0-9a-f]{128}$/.test(e.sha512))throw new f.Gd("INTERNAL",`"${e.sha512}" is not a SHA-512 in hex`);const{displayName:t=e.name}=e,n=(0,_.Nt)(e.ownership);return{apiVersion:(0,Q.X)(M.Tx),kind:M.Tx.kind,metadata:{name:e.name,namespace:e.namespace,labels:{[rt]:"raw_qcow2",...e.labels,...n.labels,[Oe]:t},annotations:{...e.annotations,...n.annotations,...e.storageClass&&{[pe]:e.storageClass},...e.origin.kind==="file"&&{[ze]:e.origin.name},...e.description&&{[ot]:e.description}}},spec:{displayName:t,...at(e.origin),...e.backend&&{backend:e.backend},...e.sha512&&{checksum:e.sha512},retry:e.retry,storageClassParameters:{numberOfReplicas:"3",staleReplicaTimeout:"30",migratable:"true"}}}}o(Ye,"imageObject");function at(e){switch(e.kind){case"url":return{sourceType:"download",url:e.url};case"file":return{sourceType:"upload"};case"volume":return{sourceType:"export-from-volume",pvcNamespace:e.namespace,pvcName:e.name};default:return(0,f.HB)(e)}}o(at,"originSpec");var $=h(6089),b=h(6908);const L=[{text:/expected checksum .* doesn't match/,code:"HARVESTER_CHECKSUM_MISMATCH",mend:"The bytes Harvester received are not those that were announced: compare the SHA-512 of the source with the given one, and look for a proxy in between."},{text:/status code from|no such host|connection refused|no route to host|i\/o timeout|Client\.Timeout|x509|tls:/,code:"HARVESTER_SOURCE_UNREACHABLE",mend:"The nodes of Harvester (not this machine) must reach the URL with HEAD and GET: check routes between the management and the VM network, http-proxy/noProxy and additional-ca in its settings."},{text:/strconv\.Atoi/,code:"HARVESTER_STORAGE_PARAMETERS",mend:"The storage class parameters of the image have no number of replicas: name a Longhorn class as storage-class, and look at Harvester's webhook, which fills them in."},{text:/is being deleted/,code:"HARVESTER_NAME_STILL_DELETING",mend:"An earlier image of this name is not quite gone: try again in a minute, or use a new name."}],P={code:"HARVESTER_IMPORT_FAILED",mend:"See the BackingImage in longhorn-system for more."};function N(e,t,n){const{name:s,namespace:i}=e.metadata,{code:r,mend:a}=L.find(({text:l})=>l.test(t))??P,c=e.spec.url?(0,$.B)(e.spec.url):e.spec.sourceType;return new f.eG(r,`Harvester gave up importing ${i}/${s} from ${c} after ${n===1?"one attempt":`${n} attempts`}: ${t}`,{mend:a,evidence:(0,b.Hf)(e)})}o(N,"importFailed");function D(e,t){const{name:n,namespace:s}=e.metadata;return new f.eG("HARVESTER_IMPORT_STALLED",`The import of ${s}/${n} has not moved for ${(0,O.a)(t)} (${e.status?.progress??0} %).`,{evidence:(0,b.Hf)(e),mend:"Usual causes: Longhorn's disks are full, or Harvester's http-proxy setting catches a private address (add it to noProxy); see the BackingImage in longhorn-system."})}o(D,"importStalled");function ee({namespace:e,name:t}){return new f.eG("HARVESTER_IMAGE_GONE",`The image ${e}/${t} was deleted while it was being imported.`,{mend:"Find out who deletes images in this namespace; start again."})}o(ee,"imageGone");function q({url:e,...t}){return Ye({...t,origin:{kind:"url",url:e}})}o(q,"downloadImage");async function ae(e,t,n){try{const s=o(i=>(0,_.NG)(i,n.runId)&&!i.metadata.deletionTimestamp&&i.spec.url===t.spec.url,"ours");return(await(0,G.K)(e,M.Tx,t,{ours:s,signal:n.signal})).object}catch(s){throw!(0,x.x9)(s)&&!fe(s)?s:new f.eG("HARVESTER_NAME_TAKEN",`An image named "${t.metadata.name}" already exists in namespace "${t.metadata.namespace}".`,{mend:"Choose another name, or remove that image.",cause:s})}}o(ae,"createImage");const fe=o(e=>e instanceof x.a3&&e.status===409&&e.message.includes("same name exists"),"isNameTaken");async function qe(e,t){const{items:n}=await e.list(M.Tx,t);return n.filter(s=>!s.metadata.deletionTimestamp&&!(0,b.Qr)(s)).filter(s=>(0,b.N_)(s).state==="imported"&&t.where(s)).sort((s,i)=>Ne(s)<Ne(i)?1:-1)}o(qe,"findImported");const Ne=o(e=>e.metadata.creationTimestamp??"","createdAt");function ge(e){const{name:t,namespace:n="default"}=e.metadata,{storageClassName:s="",size:i=0,virtualSize:r}=e.status??{};return{id:`${n}/${t}`,namespace:n,name:t,displayName:e.spec.displayName,storageClassName:s,size:i,...r!==void 0&&{virtualSize:r},...e.spec.checksum&&{checksum:e.spec.checksum}}}o(ge,"importedImage");async function qt(e){return ge(await Zt(e))}o(qt,"waitForImport");function Zt(e){return Xt(e,t=>(0,b.N_)(t).state==="imported")}o(Zt,"waitForImported");function zs(e){return Xt(e,b.Dp)}o(zs,"waitForInitialized");function Xt(e,t){const{clock:n,log:s,progress:i}=e;let r="",a=n.monotonic(),c="";return(0,X.C)({...e,resource:M.Tx,judge:o(l=>{if(!l)throw ee(e);if(t(l))return l;const d=(0,b.N_)(l);if(d.state==="imported")return l;if(d.state==="failed")throw N(l,d.message,d.attempts);if((0,b.b9)(l)!==r&&([r,a]=[(0,b.b9)(l),n.monotonic()]),n.monotonic()-a>e.stallAfter)throw D(l,e.stallAfter);d.state==="retrying"&&d.text!==c&&s.warning(`${e.name}: ${d.text}`),d.state==="retrying"&&(c=d.text),i(`image ${e.namespace}/${e.name}: ${d.text}`)},"judge")})}o(Xt,"followImport");function Gs(e,t,n={}){const s={metadata:{annotations:{...n.annotations,[_.Zy]:null}}};return e.mergePatch(M.Tx,t,s,{signal:n.signal})}o(Gs,"keepImage");var Ge=h(9955);const Fs=1<<20,Bs=3e4;async function Jt(e,t,n){const s=await Hs(e.recipe.base,t,n),i=await Promise.all(e.recipe.repositories.map(l=>Ks(l,t,n))),r=i.filter(l=>l!==void 0);if(r.length<i.length)return{baseSha256:s,repositories:r};const{recipeDigest:a}=e,c=(0,Ge.ax)({recipeDigest:a,baseSha256:s,repositories:r,bakeVersion:w});return{baseSha256:s,repositories:r,fingerprint:c}}o(Jt,"readInputs");async function Hs(e,t,n){if(e.sha256)return e.sha256;const s=decodeURIComponent(new URL(e.url).pathname.split("/").at(-1)),i=await Qt(e.checksumUrl,t,n).catch(a=>{throw new f.eG("BASE_CHECKSUM_UNREACHABLE",`The checksum file of the base image cannot be read: ${a.message}`,{mend:"Make it reachable from this machine, or give base.sha256 in the recipe.",cause:a})}),r=T("sha256",i,s);if(r)return r;throw new f.yo("BASE_CHECKSUM_MISSING",`${e.checksumUrl} has no single SHA-256 for "${s}".`,{mend:"Correct base.checksumUrl or base.url in the recipe: the file's name must be in the checksum file."})}o(Hs,"baseSha256Of");async function Ks(e,t,n){const s=`${e.baseurl.replace(/\/$/,"")}/repodata/repomd.xml`;try{const i=await Qt(s,t,n),r=/<revision>\s*([^<\s]+)\s*<\/revision>/.exec(i)?.[1]??(0,R.qQ)("sha256",i);return{id:e.id,revision:r}}catch(i){if(n.signal.aborted)throw i;n.log.info(`repository ${e.id}: its revision cannot be told: ${i.message}`);return}}o(Ks,"revisionOf");async function Qt(e,t,{signal:n}){const s=await t.request(e,{signal:n,timeout:Bs});if(s.status!==200)throw s.body.destroy(),new f.eG("HTTP_STATUS",`${s.url} answered ${s.status}.`);return s.text(Fs)}o(Qt,"fetchText");function en(e,t,n){if(n.force)return{skip:!1,reason:"forced"};if(!e.fingerprint)return{skip:!1,reason:"a repository could not be read, so changes cannot be ruled out"};const s=t.find(r=>r.metadata.annotations?.[_.lj]===e.fingerprint&&!(0,_.ey)(r));if(!s)return{skip:!1,reason:"no image has been baked from these inputs"};const i=n.now-Date.parse(s.metadata.creationTimestamp??"");return n.maxAge!==void 0&&!(i<=n.maxAge)?{skip:!1,reason:`${s.metadata.name} has the same inputs but is older than ${(0,O.a)(n.maxAge)}`}:{skip:!0,image:s,reason:`nothing changed since ${s.metadata.name}`}}o(en,"decideSkip");function tn(e,t,n){const s=(0,_.KT)(e.recipe.name);return qe(t,{namespace:e.namespace,labelSelector:s,where:o(()=>!0,"where"),signal:n})}o(tn,"imagesOfRecipe");async function Ws(e,t){const{kube:n,http:s,clock:i,log:r,signal:a}=t;await(0,g.x8)(e,t),await(0,g.v8)(e,t);const c=await Jt(e,s,t),l=await tn(e,n,a),d=en(c,l,{force:e.force,maxAge:e.maxAge,now:i.now()});return r.info(`${d.skip?"would be skipped":"would bake"}: ${d.reason}`),{inputs:c,decision:d}}o(Ws,"rehearse");const js=new Set(["BAKE_SILENT","FACTS_LOST","CONSOLE_MISSING","HARVESTER_VM_FAILED","HARVESTER_VM_STOPPED","HARVESTER_VM_GONE","HARVESTER_IMPORT_STALLED","HARVESTER_IMAGE_GONE","KUBE_UNREACHABLE"]);function Vs(e){return e instanceof f.eG&&js.has(e.code)}o(Vs,"isWorthAnotherBuilder");function Ys(e,t,n){const{recipe:s,recipeDigest:i,builder:r,names:a}=e,{inputs:c,baked:l,verdict:d,error:p,timings:k,start:K,end:Y}=n,{origin:re,pathname:be}=new URL(s.base.url);return{schema:"rke2-actions.build-record/v1",kind:"golden",name:a.image,runId:e.runId,status:p?"failed":"succeeded",...p&&{error:{code:p.code,message:p.message}},origin:t,inputs:{base:{url:`${re}${be}`,...c&&{sha256:c.baseSha256}},recipe:{name:s.name,digest:i,layers:s.layers},repositories:c?.repositories??[],...c?.fingerprint&&{fingerprint:c.fingerprint}},builder:{cpu:r.cpu,memory:r.memory,...l?.acceleration&&{acceleration:l.acceleration}},outputs:n.image&&l?[qs(n.image,l)]:[],checks:d?{outcome:d.outcome,rules:Object.fromEntries(d.results.map(({id:Yt,status:jf})=>[Yt,jf]))}:{},times:{start:K,end:Y,phases:k}}}o(Ys,"buildRecord");function qs(e,{result:t}){return{name:e.displayName,digest:`sha512:${t.sha512}`,size:t.size,virtualSize:t.virtualSize,mediaType:"application/x-qemu-disk",location:`harvester:${e.id}`}}o(qs,"outputOf");var Yf=h(1421),qf=h(8161),Zf=h(481);async function Zs(e,t,n={}){const{signal:s,onLine:i,keep:r=1<<20}=n;throwIfAborted(s);const a=spawn(e,t,{cwd:n.cwd,env:n.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),c=new AbortController,l=o(()=>{Xs(a,n.grace??2e3,c.signal)},"onAbort");s?.addEventListener("abort",l,{once:!0});const d=nn(a.stdout,r),p=nn(a.stderr,r);i&&(createInterface({input:a.stdout}).on("line",k=>i(k,"stdout")),createInterface({input:a.stderr}).on("line",k=>i(k,"stderr"))),a.stdin.on("error",()=>{}),a.stdin.end(n.input??"");try{const k=await Js(a,e,n.cwd);return throwIfAborted(s),{exitCode:k,stdout:d(),stderr:p()}}finally{c.abort(),s?.removeEventListener("abort",l)}}o(Zs,"runCommand");async function Xs(e,t,n){const s=o(i=>{try{e.pid&&process.kill(process.platform==="win32"?e.pid:-e.pid,i)}catch{}},"kill");s("SIGTERM"),await systemClock.sleep(t,n).then(()=>s("SIGKILL"),()=>{})}o(Xs,"stopGroup");function nn(e,t){const n=[];let s=0;return e.on("data",i=>{for(n.push(i),s+=i.length;n.length>1&&s-n[0].length>=t;)s-=n.shift().length}),()=>Buffer.concat(n).subarray(-t).toString("utf8")}o(nn,"keptEnd");function Js(e,t,n){return new Promise((s,i)=>{e.once("error",r=>i(Qs(r,t,n))),e.once("close",(r,a)=>s(r??128+(a?constants.signals[a]:0)))})}o(Js,"exitCodeOf");function Qs(e,t,n){if(e.code==="ENOENT"&&n!==void 0&&!existsSync(n)){const s=`The command "${t}" cannot run in ${n}: there is no such folder.`;return new EnvironmentError("COMMAND_NOT_STARTED",s,{cause:e})}return e.code==="ENOENT"?new EnvironmentError("COMMAND_NOT_FOUND",`The command "${t}" is not installed.`,{cause:e}):new EnvironmentError("COMMAND_NOT_STARTED",`The command "${t}" could not be started.`,{cause:e})}o(Qs,"notStarted");async function Xf(e,t,n={}){const s=await Zs(e,t,n);if(s.exitCode!==0){const i=`${s.stdout}
${s.stderr}`.trim().split(`
`).slice(-20);throw new EnvironmentError("COMMAND_FAILED",`${ei(e,t)} exited with ${s.exitCode}.`,{evidence:i})}return s}o(Xf,"mustRun");function ei(e,t){return[e,...t].map(ne).join(" ")}o(ei,"shellLine");function ne(e){return/^[\w@%+=:,./-]+$/.test(e)?e:`'${e.replaceAll("'","'\\''")}'`}o(ne,"shellQuote");const ti="R2A| ",ct="R2A-STEP-ENDED";function ni(e,t){return`#!/bin/sh
# ${e}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${t.trim()}
); printf '\\n%s %s\\n' '${ct}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${ct} '*) exit "\${line#${ct} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${ti}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}o(ni,"stepScript");function Re(e){return e.map(ne).join(" ")}o(Re,"words");function sn(e,t="    "){return e.map(n=>`${t}${ne(n)}`).join(` \\
`)}o(sn,"wordLines");function on({required:e,forbidden:t}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${sn(t,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${sn(e,"        ")}; do
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
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}o(on,"commandLineFunctions");const lt="/boot/loader/entries/*.conf";function si(e){return`${on(e)}

newest=''
for entry in ${lt}; do
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
fi`}o(si,"writeCommandLine");const ii=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function oi(e){return`${on(e)}

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
for entry in ${lt}; do
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
    grep -q "^version[[:space:]]*$version\\$" ${lt} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`}o(oi,"fixBootEntries");const dt="rke2-actions-files",rn=`/var/tmp/${dt}`,ri=`rm -r ${rn}`;function an(e){return e.map(ai).join(`
`)}o(an,"installFiles");function ai({path:e,mode:t,owner:n,group:s}){const i=ne(e);return`install -D -o ${n} -g ${s} -m ${t} ${ne(`${rn}${e}`)} ${i}
echo ${ne(`${e} ${t} ${n}:${s}`)}`}o(ai,"installFile");function ci(e){return e.map(({path:t,mode:n,owner:s,group:i})=>`install -d -o ${s} -g ${i} -m ${n} ${ne(t)}`).join(`
`)}o(ci,"makeDirectories");function li({downloads:e}){return e.map(({path:t,mode:n})=>`chown root:root ${ne(t)}
chmod ${n} ${ne(t)}
ls -l ${ne(t)}`).join(`
`)}o(li,"settleDownloads");function di({mode:e,type:t}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${e}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${t}/' /etc/selinux/config
grep -q '^SELINUX=${e}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${t}$' /etc/selinux/config`}o(di,"setSelinux");function ui({enable:e,disable:t,mask:n}){const s=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,i=`for unit in ${Re(t)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[t.length>0&&`${s}
${i}`,n.length>0&&`systemctl mask ${Re(n)}`,e.length>0&&`systemctl enable ${Re(e)}`].filter(Boolean).join(`
`)}o(ui,"setServices");function fi({script:e,environment:t={}}){return`${Object.entries(t).map(([s,i])=>`${s}=${ne(i)}
`).join("")}${e}`}o(fi,"runOwnCommand");function ut(e){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...e.repositories.map(({id:n})=>`--enablerepo=${n}`)].join(" ")}`}o(ut,"dnf");const hi="update-ca-trust";function cn(e){const t=e.repositories.flatMap(i=>i.replaces),n=e.otherRepositories==="disable"?"all":t.join(" ");return`ours=' ${e.repositories.map(({id:i})=>`/etc/yum.repos.d/${i}.repo`).join(" ")} '
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
done`}o(cn,"disableRepositories");function mi(e){return`found=''
for name in ${Re(e.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}o(mi,"removePackages");function pi(e){return`${ut(e)} upgrade`}o(pi,"updatePackages");function gi(e){return`${ut(e)} install ${Re(e.packages.install)}`}o(gi,"installPackages");const $i="pending security update: ",wi="pending security updates: ";function ki(e){return`list=$(${ut(e)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${$i}$line"
done <<END
$list
END
echo "${wi}$count"`}o(ki,"listPendingUpdates");function bi(e){const{install:t,absent:n}=e.packages,s=`for name in ${Re(t)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,i=`for name in ${Re(n)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",t.length>0&&s,n.length>0&&i,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}o(bi,"checkPackages");const Ze="/etc/.resolv.conf.sealed",yi=["/etc/machine-id","/etc/resolv.conf"];function vi({sealing:e}){const t=e.emptied.filter(n=>!yi.includes(n));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${e.removed.map(n=>`rm -rf -- ${n}`).join(`
`)}
${t.map(n=>`: >${n}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}o(vi,"seal");function Ei({selinux:e,sealing:t}){const n=t.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${Ze}
chmod 0644 ${Ze}
: >${Ze}`:"";return`contexts=/etc/selinux/${e.type}/contexts/files/file_contexts
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
echo "labelled by $contexts: /$mounted"`}o(Ei,"relabel");function ln(e){return`downloads/${e.sha256}`}o(ln,"stagedDownload");function dn(e){const t=Si(e),n=t.map(xi);return{commands:t.map((i,r)=>i.command??`run @STAGE@/${n[r].name}`).map(i=>`${i}
`).join(""),files:[...e.files.map(Oi),...n.filter((i,r)=>t[r].script!==void 0)],steps:t.map(({id:i,title:r})=>({id:i,title:r}))}}o(dn,"renderCustomize");const un=new Set(["certificates","repositories","initramfs","services"]);function Si(e){const t=e.files.filter(s=>un.has(s.origin)),n=e.files.filter(s=>!un.has(s.origin));return[...Ti(e,t),...Ii(e),...Ri(e,n),..._i(e),...Ai(e)]}o(Si,"stepsOf");function Ti(e,t){const n=e.downloads.length>0?[...new Set(e.downloads.map(({path:s})=>Ni(s)))]:[];return Xe([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${dt}:/var/tmp`},...n.map((s,i)=>({id:`download-folder-${i+1}`,title:`Make ${s}`,command:`mkdir ${s}`})),...e.downloads.map((s,i)=>({id:`download-${i+1}`,title:`Put ${s.path} in place`,command:`upload @STAGE@/${ln(s)}:${s.path}`})),e.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:li(e)},t.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:an(t)},e.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:hi},{id:"repositories",title:"Switch off replaced repositories",script:cn(e)},{id:"kernel-command-line",title:"Write the kernel command line",script:si(e.kernelCommandLine)}])}o(Ti,"stageSteps");function Ii(e){const{absent:t,update:n,install:s}=e.packages;return Xe([t.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:mi(e)},n&&{id:"update-packages",title:"Update all packages",script:pi(e)},s.length>0&&{id:"install-packages",title:"Install packages",script:gi(e)},{id:"check-packages",title:"Check what is installed",script:bi(e)},{id:"pending-updates",title:"List pending security updates",script:ki(e)},{id:"repositories-again",title:"Switch off what packages brought back",script:cn(e)}])}o(Ii,"packageSteps");function Ri(e,t){return Xe([e.directories.length>0&&{id:"directories",title:"Make directories",script:ci(e.directories)},{id:"files",title:"Install files",script:[an(t),ri].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:di(e.selinux)},{id:"services",title:"Choose services",script:ui(e.services)},...e.commands.map(n=>({id:n.id,title:n.title,script:fi(n)}))])}o(Ri,"contentSteps");function _i(e){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:ii},{id:"boot-entries",title:"Correct and check the boot entries",script:oi(e.kernelCommandLine)}]}o(_i,"bootSteps");function Ai(e){const{emptied:t}=e.sealing;return Xe([{id:"seal",title:"Remove what belongs to one machine",script:vi(e)},{id:"relabel",title:"Label all files for SELinux",script:Ei(e)},t.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${Ze}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...t.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}o(Ai,"sealingSteps");function Xe(e){return e.filter(t=>t!==!1)}o(Xe,"present");function xi({id:e,title:t,script:n=""},s){return{name:`steps/${String(s+1).padStart(2,"0")}-${e}.sh`,content:ni(t,n),mode:"0644"}}o(xi,"stagedScript");function Oi(e){return{name:`${dt}${e.path}`,content:e.content,mode:"0600"}}o(Oi,"stagedFile");const Ni=o(e=>e.slice(0,e.lastIndexOf("/"))||"/","customize_parent"),$e=o((e,t)=>({owner:"root",group:"root",mode:"0644",...t,origin:e}),"file");function Li(e){return e.map(({name:t,pem:n})=>$e("certificates",{path:`/etc/pki/ca-trust/source/anchors/${t}.pem`,content:n}))}o(Li,"certificateFiles");function Pi(e){return e.flatMap(t=>{const{armoured:n,file:s}=t.gpgKey,i=n?[$e("repositories",{path:s,content:`${n.trim()}
`})]:[],r=$e("repositories",{path:`/etc/yum.repos.d/${t.id}.repo`,content:fn(t)});return[...i,r]})}o(Pi,"repositoryFiles");function fn({id:e,name:t,baseurl:n,enabled:s,repoGpgcheck:i,gpgKey:r}){return`[${e}]
name=${t}
baseurl=${n}
enabled=${s?1:0}
gpgcheck=1
repo_gpgcheck=${i?1:0}
gpgkey=file://${r.file}
skip_if_unavailable=0
`}o(fn,"repositoryText");function Ci(e){if(e.length===0)return[];const t=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${e.join(" ")} "
`;return[$e("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:t})]}o(Ci,"initramfsFiles");function Mi(e){return Object.entries(e).map(([t,n])=>{const s=Object.entries(n).map(([i,r])=>`${i} = ${r}
`);return $e("sysctls",{path:`/etc/sysctl.d/${t}.conf`,content:s.join("")})})}o(Mi,"sysctlFiles");function Di(e){if(e.length===0)return[];const t=e.map(n=>`${n}
`).join("");return[$e("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:t})]}o(Di,"kernelModuleFiles");function Ui({enable:e,disable:t,mask:n}){const s=[...e.map(i=>`enable ${i}
`),...[...t,...n].map(i=>`disable ${i}
`)];return s.length===0?[]:[$e("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:s.join("")})]}o(Ui,"presetFiles");function zi(e){if(!e)return[];const t=o((n,s)=>$e("firewall",{path:`/etc/sysconfig/${n}`,content:s,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[t("iptables",e.ipv4),t("ip6tables",e.ipv6)]}o(zi,"firewallFiles");function Gi(e,t){const n=Object.entries(t).map(([s,i])=>`GOLDEN_${s}="${i.replace(/(["\\$`])/g,"\\$1")}"
`);return $e("release",{path:e,content:n.join("")})}o(Gi,"releaseFile");var Le=h(7030),hn=h(8522),ce=h(8815),U=h(6351);const mn=1024*1024-1024;function Fi(e,t,n){const s={ssh_pwauth:!1,...n.length>0&&{ssh_authorized_keys:n},write_files:e.map(i=>({path:i.name,permissions:i.mode,encoding:"gz+b64",content:pn(i.content)})),runcmd:[t]};return`#cloud-config
${(0,ce.As)(s,{version:"1.1",lineWidth:0})}`}o(Fi,"renderUserData");function Bi(e){const{addresses:t,gateways:n,nameservers:s}=e,i={dhcp4:!1,addresses:t,...n.length>0&&{routes:n.map(a=>({to:(0,Le.isIPv6)(a)?"::/0":"0.0.0.0/0",via:a}))},...s.length>0&&{nameservers:{addresses:s}}},r={version:2,ethernets:{[e.interface??"eth0"]:i}};return(0,ce.As)(r,{version:"1.1",lineWidth:0})}o(Bi,"renderNetworkData");function Hi(e,t){const n=e.reduce((i,r)=>i+Buffer.byteLength(r),0);if(n<=mn)return;const s=t.map(({name:i,content:r})=>({name:i,bytes:pn(r).length})).sort((i,r)=>r.bytes-i.bytes).slice(0,5);throw new f.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,U.z)(n)}; a Kubernetes Secret holds ${(0,U.z)(mn)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:s.map(({name:i,bytes:r})=>`${i}: ${(0,U.z)(r)} compressed`)})}o(Hi,"assertFits");function pn(e){return(0,hn.gzipSync)(e,{level:9}).toString("base64")}o(pn,"packed");function se(e){return e.raw[0].replace(/\\(`|\$\{)/g,"$1")}o(se,"script");const Ki=se`# shellcheck shell=bash disable=SC2034
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
`,Wi=se`#!/bin/bash
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
`,ji=se`# shellcheck shell=bash
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
`,Vi=se`# shellcheck shell=bash disable=SC2034
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
`,Yi=se`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
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
`,qi=se`# shellcheck shell=bash disable=SC2034
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
`,Zi=se`# shellcheck shell=bash disable=SC2034
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
`,Xi=se`# shellcheck shell=bash disable=SC2034
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
`,Ji=se`# shellcheck shell=bash
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
`,Qi=se`# shellcheck shell=bash
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
`,eo=se`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
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
`,to=se`# shellcheck shell=bash
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
`,no=se`"""Serves two files under a secret path, to whoever knows it: /<token>/golden.qcow2 and /<token>/status.json. HEAD, byte
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
`,ye=6e4,Jf={download:20*ye,customize:20*ye,probe:5*ye,compress:10*ye},so={prepare:15*ye,accelerate:5*ye,hash:10*ye,serve:2*ye},io=new Set(["customize","probe","compress"]);function gn(e,t,n){const s=t==="tcg"?Math.max(1,n):1,i={...so,...e},r=Object.entries(i).map(([a,c])=>[a,io.has(a)?Math.round(c*s):c]);return Object.fromEntries(r)}o(gn,"phaseLimits");function Qf(e,t,n){return Object.values(gn(e,t,n)).reduce((s,i)=>s+i,0)}o(Qf,"totalLimit");const oo=2*1024**3,ro=10,ao=2;function co(e){const t={RUN_ID:e.runId,RECIPE:e.recipe.name,BASE_URL:e.base.url,BASE_SHA256:e.base.sha256,PORT:e.port,VIRTUAL_SIZE:e.recipe.virtualSize??0,AIR_GAPPED:e.recipe.airGapped?"yes":"no",COMPRESS:e.compress?"yes":"no",PROBE:e.probe.entry,MINIMUM_FREE:oo,KVM_SILENCE:ro,DOWNLOAD_PAUSE:ao,...$n(e,"kvm"),...$n(e,"tcg")};return[...Object.entries(t).map(([s,i])=>`${s}=${ne(String(i))}`),...lo(e.proxy),""].join(`
`)}o(co,"renderSettings");function $n(e,t){const n=gn(e.limits,t,e.emulationFactor);return Object.fromEntries(Object.entries(n).map(([s,i])=>[`LIMIT_${s.toUpperCase()}_${t.toUpperCase()}`,Math.ceil(i/1e3)]))}o($n,"limitSettings");function lo(e){const t={http_proxy:e?.http,https_proxy:e?.https,no_proxy:e?.no};return Object.entries(t).filter(([,n])=>n!==void 0&&n!=="").map(([n,s])=>`export ${n}=${ne(s)}`)}o(lo,"proxySettings");function uo(e){const n=[e.proxy?.http,e.proxy?.https,e.base.url,...e.recipe.downloads.map(({url:s})=>s)].flatMap(s=>s&&URL.canParse(s)?fo(new URL(s)):[]);return[...new Set([e.token,...n])].map(s=>`${s}
`).join("")}o(uo,"secretsOf");function fo(e){const{username:t,password:n,search:s}=e;return[`${t}:${n}`,n,ho(n),s.slice(1)].filter(i=>i.length>=4)}o(fo,"credentialsOf");function ho(e){try{return decodeURIComponent(e).replaceAll(`
`,"")}catch{return e}}o(ho,"decode");const ft="/var/lib/rke2-actions/bake",wn=Object.entries({"bake.sh":Wi,"marks.sh":Xi,"prepare.sh":Ji,"download.sh":qi,"accelerate.sh":Ki,"customize.sh":Vi,"compress.sh":ji,"probe.sh":Qi,"hash.sh":Zi,"serve.sh":to,"relay.py":eo,"customize-log.py":Yi,"server.py":no}).map(([e,t])=>({name:`bin/${e}`,content:t,mode:"0700"}));function mo(e){$o(e);const t=po(e).map(i=>({...i,name:`${ft}/${i.name}`})),n=Fi(t,["bash",`${ft}/bin/bake.sh`],e.sshAuthorizedKeys),s=e.staticNetwork&&Bi(e.staticNetwork);return Hi([n,s??""],t),{userData:n,...s&&{networkData:s},scripts:wn,files:t}}o(mo,"renderBuilder");function po(e){const{recipe:t,customize:n,probe:s}=e,i=o((a,c)=>({name:a,content:c,mode:"0600"}),"plain"),r=[...n.files,...s.files];return[...wn,i("settings.env",co(e)),i("token",`${e.token}
`),i("secrets",uo(e)),i("commands",n.commands),i("steps.tsv",n.steps.map(({id:a,title:c})=>kn(a,c)).join("")),i("downloads.tsv",t.downloads.map(a=>kn(a.sha256,ln(a),a.path,a.url)).join("")),...(t.toolRepositories??[]).flatMap(go),...t.certificates.map(({name:a,pem:c})=>i(`ca/${a}.crt`,`${c.trim()}
`)),...r.map(a=>({...a,name:`stage/${a.name}`}))]}o(po,"filesOf");function go(e){const{id:t,gpgKey:n}=e,s=`repos/${t}.key`,i=n.armoured===void 0?n:{...n,file:`${ft}/${s}`},r=fn({...e,enabled:!0,gpgKey:i});return[{name:`repos/${t}.repo`,content:r,mode:"0644"},...n.armoured===void 0?[]:[{name:s,content:`${n.armoured.trim()}
`,mode:"0644"}]]}o(go,"toolRepository");function kn(...e){return`${e.map(t=>t.replace(/[\t\r\n]+/g," ")).join("	")}
`}o(kn,"row");function $o(e){const{customize:t,probe:n,recipe:s}=e,i=[...t.files,...n.files].map(({name:c})=>c),r=t.commands.split(`
`).filter(c=>c!==""),a=[!/^[\w-]{16,}$/.test(e.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(e.base.sha256)&&`the base's sha256 is "${e.base.sha256}"`,!Number.isInteger(e.port)&&`the port is ${e.port}`,r.length!==t.steps.length&&`${r.length} commands do not match ${t.steps.length} steps`,!i.includes(n.entry)&&`the probe's entry "${n.entry}" is none of its files`,...i.filter((c,l)=>i.indexOf(c)!==l).map(c=>`"${c}" is staged twice`),...i.filter(c=>!wo(c)).map(c=>`"${c}" lies outside of the stage`),...s.certificates.filter(({name:c})=>!/^[\w][\w.-]*$/.test(c)).map(({name:c})=>`the certificate name "${c}" is no file name`)].filter(c=>c!==!1);if(a.length>0)throw new f.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${a.join("; ")}.`)}o($o,"assertInput");function wo(e){return e!==""&&!e.startsWith("/")&&!e.split("/").includes("..")}o(wo,"isBelow");var we=h(7005);const bn=1e3,ko=30,bo=6e4,yo=64*1024;async function*vo(e){const{kube:t,pod:n,container:s,clock:i,signal:r}=e,a=new To;let c=0;for(;;){(0,A.Te)(r);const l=await Eo(e);try{const d=a.since(),p=t.podLog(n,{container:s,follow:!l,timestamps:!0,idle:bo,signal:r,...d&&{sinceTime:d}});a.restart();for await(const k of So(p,l)){c=0;const K=a.take(k);K!==void 0&&(yield K)}}catch(d){if((0,A.Te)(r),l||(0,x.c4)(d))return;if(!yn(d)||++c>=ko)throw d;e.log.debug(`log of ${n.name}: ${(0,f.bD)(d)}; next try in ${(0,O.a)(bn)}`)}if(l)return;await i.sleep(bn,r)}}o(vo,"followPodLog");function yn(e){return(0,x.dg)(e)||e instanceof x.a3&&e.status===400}o(yn,"isPassing");async function Eo({kube:e,pod:t,container:n,signal:s}){try{const{status:i={}}=await e.get(we.Dp,t,{signal:s});return i.phase==="Succeeded"||i.phase==="Failed"?!0:[...i.containerStatuses??[],...i.initContainerStatuses??[]].find(({name:a})=>a===n)?.state?.terminated!==void 0}catch(i){if((0,x.c4)(i))return!0;if(yn(i))return!1;throw i}}o(Eo,"hasEnded");async function*So(e,t){let n="";for await(const s of e){const i=(n+s).split(`
`);n=i.pop().slice(0,yo),yield*i}t&&n!==""&&(yield n)}o(So,"stampedLines");class To{static{o(this,"SeenLines")}#e="";#t=0;#n=0;#i=!0;restart(){this.#n=0,this.#i=!0}since(){return this.#e===""?void 0:`${this.#e.slice(0,19)}Z`}take(t){const n=t.indexOf(" "),s=Io(n<0?t:t.slice(0,n));if(s===void 0)return this.#i?t:void 0;if(this.#i=this.#s(s),!!this.#i)return n<0?"":t.slice(n+1)}#s(t){return t<this.#e?!1:t>this.#e?([this.#e,this.#t,this.#n]=[t,1,1],!0):(this.#n++,this.#n<=this.#t?!1:(this.#t=this.#n,!0))}}function Io(e){const t=/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(e);if(!t)return;const[,n,s="",i]=t;return`${i==="Z"?n:new Date(Date.parse(`${n}${i}`)).toISOString().slice(0,19)}.${s.padEnd(9,"0")}`}o(Io,"utcStamp");const ht="guest-console-log",Ro="vm.kubevirt.io/name",_o=100,Ao=1e3,xo=15e3;async function*Oo(e){const{kube:t,namespace:n,vmName:s}=e,i=new Set;let r=e.appearWithin;for(;;){const a=await No(e,i,r);if(!a&&i.size>0)return;if(!a)throw Po(e);Lo(a),i.add(vn(a)),e.log.debug(`console of ${s}: pod ${a.metadata.name}`);const c={namespace:n,name:a.metadata.name};yield*vo({...e,kube:t,pod:c,container:ht}),r=xo}}o(Oo,"followConsole");const vn=o(e=>e.metadata.uid??e.metadata.name,"idOf");async function No(e,t,n){const{kube:s,namespace:i,vmName:r,clock:a,signal:c}=e,l=a.monotonic()+n;for(let d=_o;;d=Math.min(Ao,d*2)){const p=`${Ro}=${r}`,{items:k}=await s.list(we.Dp,{namespace:i,labelSelector:p,signal:c}),[K]=k.filter(Y=>!t.has(vn(Y))&&!Y.metadata.deletionTimestamp).sort((Y,re)=>En(re).localeCompare(En(Y)));if(K)return K;if(a.monotonic()>=l)return;await a.sleep(d,c)}}o(No,"waitForLauncher");const En=o(e=>e.metadata.creationTimestamp??"","console_createdAt");function Lo(e){if(![...e.spec?.containers??[],...e.spec?.initContainers??[]].some(({name:n})=>n===ht))throw new f.eG("CONSOLE_DISABLED",`Pod ${e.metadata.namespace}/${e.metadata.name} has no container "${ht}".`,{mend:"The cluster does not log serial consoles: Harvester 1.3 (KubeVirt 1.1) or newer is needed."})}o(Lo,"requireConsole");function Po({namespace:e,vmName:t,appearWithin:n}){return new f.eG("CONSOLE_MISSING",`No launcher pod of the virtual machine ${e}/${t} appeared within ${(0,O.a)(n)}.`,{mend:`Look at the events of the virtual machine: kubectl -n ${e} describe vm,vmi ${t}`})}o(Po,"consoleMissing");var mt=h(589),Co=h(7975),u=h(8816);const Mo=16*1024*1024,Do=16384,Uo=8;class zo{static{o(this,"Documents")}#e=new Map;add({name:t,index:n,total:s,data:i}){const r=this.#t(t);!r||n>=s||(r.total!==s&&(r.total=s,r.chunks.clear()),r.chunks.set(n,i))}close({name:t,sha256:n,bytes:s}){const i=this.#t(t);if(!i||i.told.has(n))return{outcome:"known"};i.told.add(n);const r=[...Array(i.total).keys()].filter(c=>!i.chunks.has(c));if(i.total===0||r.length>0)return pt(t,Fo(i.total,r));const a=Buffer.from([...Array(i.total).keys()].map(c=>i.chunks.get(c)).join(""),"base64");return i.chunks.clear(),i.total=0,Go(t,a,n,s)}#t(t){const n=this.#e.get(t);if(n||this.#e.size>=Uo)return n;const s={total:0,chunks:new Map,told:new Set};return this.#e.set(t,s),s}}function Go(e,t,n,s){let i;try{i=(0,hn.gunzipSync)(t,{maxOutputLength:Mo})}catch(a){return pt(e,(0,f.bD)(a))}const r=(0,R.qQ)("sha256",i);return r!==n||i.length!==s?pt(e,`its sha256 is ${r} of ${i.length} bytes, announced were ${n} of ${s}`):{outcome:"complete",text:i.toString("utf8")}}o(Go,"unpack");function Fo(e,t){if(e===0)return"none of its chunks arrived";const n=t.slice(0,10).join(", ");return`${t.length} of ${e} chunks are missing: ${n}${t.length>10?", \u2026":""}`}o(Fo,"missingWords");function pt(e,t){return{outcome:"failed",message:`The document "${e}" did not arrive over the console: ${t}.`}}o(pt,"failed");const Sn="@@rke2-actions@@ ",Bo=["prepare","download","accelerate","customize","compress","probe","hash","serve"],he=o(e=>u.YjP().max(e),"marks_text"),Pe=u.Whr().min(0).max(Number.MAX_SAFE_INTEGER),gt=o(e=>u.YjP().regex(new RegExp(`^[0-9a-f]{${e}}$`)),"hex"),Tn=u.k5n(Bo),Ho=u.gMt("mark",[u.Ikc({mark:u.euz("phase"),phase:Tn,percent:u.aig().min(0).max(100).optional()}),u.Ikc({mark:u.euz("step"),id:he(200),title:he(500),index:Pe,total:Pe}),u.Ikc({mark:u.euz("error"),phase:Tn,step:he(500).optional(),message:he(4e3),exit:u.Whr()}),u.Ikc({mark:u.euz("acceleration"),kind:u.k5n(["kvm","tcg"]),reason:he(500)}),u.Ikc({mark:u.euz("address"),addresses:u.YOg(he(64)).max(64)}),u.Ikc({mark:u.euz("chunk"),name:he(64),index:Pe,total:u.Whr().min(1).max(Do),data:he(1200).regex(/^[A-Za-z0-9+/=]*$/)}),u.Ikc({mark:u.euz("sum"),name:he(64),sha256:gt(64),bytes:Pe}),u.Ikc({mark:u.euz("result"),sha512:gt(128),sha256:gt(64),size:Pe,virtualSize:Pe,port:u.Whr().min(1).max(65535),path:he(300).regex(/^\/[\w/.-]+$/)})]);function Ko(e){try{return Ho.safeParse(JSON.parse(e)).data}catch{return}}o(Ko,"parseMark");function eh(e){return`${Sn}${JSON.stringify(e)}`}o(eh,"formatMark");const In=16384,Wo=new Set(["error","acceleration","result"]);class jo{static{o(this,"ConsoleReader")}#e="";#t=!1;#n=new zo;#i=new Map;push(t){const n=t.split(/[\r\n]/),s=n.pop(),i=n.flatMap(r=>(this.#s(r),this.#o()));return this.#s(s),i}end(){return this.#o()}#s(t){this.#t||t===""||(this.#e+=t,!(this.#e.length<=In)&&(this.#e=`${this.#e.slice(0,In)}\u2026`,this.#t=!0))}#o(){const t=Vo(this.#e);this.#e="",this.#t=!1;const[n,...s]=t.split(Sn);return[...Rn(n),...s.flatMap(i=>this.#r(i.trim()))]}#r(t){const n=Ko(t);if(!n)return Rn("(a damaged mark of the builder was ignored)");if(n.mark==="chunk")return this.#n.add(n),[];if(n.mark==="sum")return this.#a(n);if(Wo.has(n.mark)){if(this.#i.get(n.mark)===t)return[];this.#i.set(n.mark,t)}return[{kind:"mark",mark:n}]}#a(t){const n=this.#n.close(t);return n.outcome==="known"?[]:n.outcome==="failed"?[{kind:"error",name:t.name,message:n.message}]:[{kind:"document",name:t.name,text:n.text}]}}function Rn(e){return e.trim()===""?[]:[{kind:"line",text:e.trimEnd()}]}o(Rn,"lineEvent");function Vo(e){return(0,Co.stripVTControlCharacters)(e).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,"")}o(Vo,"printable");const Yo=50,qo=5e3;async function Zo(e,t){const n=new AbortController,s=AbortSignal.any([t.signal,n.signal]),i=new Xo(t);try{return await Promise.race([i.follow(e.lines(s)),i.watchSilence(t.stall,s),...e.supervise?[e.supervise(s)]:[]])}catch(r){throw Qo(r,i.lastLines)}finally{n.abort()}}o(Zo,"watchBake");class Xo{static{o(this,"Watched")}lastLines=[];#e;#t=new jo;#n;#i;#s="";#o=[];#r;constructor(t){this.#e=t,this.#n=t.clock.monotonic()}async follow(t){for await(const n of t){this.#n=this.#e.clock.monotonic();for(const s of this.#t.push(`${n}
`)){const i=this.#a(s);if(i)return this.#u(i)}}throw new f.eG("BAKE_FAILED","The console of the builder ended before the image was finished.",{mend:"The builder was shut down or crashed: read its last lines; too little memory is a usual cause."})}async watchSilence(t,n){const{clock:s,emulationFactor:i}=this.#e;for(;;){await s.sleep(qo,n);const r=this.#r==="tcg"?t*i:t;if(!(s.monotonic()-this.#n<r))throw new f.eG("BAKE_SILENT",`The builder's console has been silent for ${(0,O.a)(r)}.`,{mend:"The guest hangs, or its image has no console on ttyS0; raise stall-timeout if it is only slow."})}}#a(t){switch(t.kind){case"line":this.#l(t.text);return;case"document":t.name==="facts"&&(this.#i=t.text);return;case"error":this.#s=t.message;return;case"mark":return this.#d(t.mark)}}#l(t){this.lastLines.push(t),this.lastLines.length>Yo&&this.lastLines.shift(),this.#e.log.info(`\u2502 ${t.replaceAll("##[","## [")}`),this.#e.record(t)}#d(t){const{progress:n,step:s,log:i}=this.#e;switch(t.mark){case"phase":s(t.phase),n(`baking: ${t.phase}${t.percent===void 0?"":`, ${Math.floor(t.percent)} %`}`);return;case"step":n(`baking: step ${t.index} of ${t.total}, ${t.title}`);return;case"acceleration":this.#r=t.kind,t.kind==="tcg"&&i.warning(`guests are emulated in the builder, which is slow: ${t.reason}`);return;case"address":this.#o=t.addresses;return;case"error":throw Jo(t);case"result":return t}}#u(t){const n=this.#r;if(this.#i===void 0)throw new f.eG("FACTS_LOST",this.#s||"The builder sent no facts about the image.",{mend:"The serial console lost lines; start the build again."});return{result:t,facts:this.#i,addresses:this.#o,...n&&{acceleration:n}}}}function Jo(e){const t=e.step?`phase "${e.phase}", step "${e.step}"`:`phase "${e.phase}"`;return new f.eG("BAKE_FAILED",`The bake failed in ${t}: ${e.message}`,{mend:"The lines of the console above it say why; correct the recipe, or what the builder could not reach."})}o(Jo,"bakeFailed");function Qo(e,t){if(!(e instanceof f.eG)||t.length===0)return e;const n=[...e.evidence,...t],s=e.mend;return new f.eG(e.code,e.message,{evidence:n,cause:e,...s&&{mend:s}})}o(Qo,"withConsole");function th(e){return{entries:[...er(e),...e.repositories.flatMap(t=>tr(t,e)),...e.downloads.map(({url:t,path:n})=>wt(t,n,["builder"]))],open:nr(e),notes:[...sr(e),...ir]}}o(th,"planEgress");function $t(e){return e.otherRepositories!=="disable"?[]:e.repositories.filter(({replaces:t})=>t.length>0)}o($t,"toolRepositories");const _n=o(e=>`${e.replace(/\/+$/,"")}/`,"folder"),wt=o((e,t,n)=>({url:e,match:"exact",what:t,touchedBy:n,required:!0}),"egress_file");function er({base:e}){const t=e.sha256===void 0&&e.checksumUrl;return[...t?[wt(t,"checksum file of the base image",["runner"])]:[],wt(e.url,"base image",["cluster","builder"])]}o(er,"baseEntries");function tr(e,t){const{id:n,baseurl:s}=e,i=$t(t).includes(e)?["builder"]:[];return[{url:`${_n(s)}repodata/`,match:"prefix",what:`metadata of ${n}`,touchedBy:["runner",...i,"image"],required:!0},{url:_n(s),match:"prefix",what:`packages of ${n}`,touchedBy:[...i,"image"],required:!1}]}o(tr,"repositoryEntries");function nr(e){return[...e.otherRepositories==="keep"?["The base image's own repositories stay on: whatever its /etc/yum.repos.d names is asked as well."]:[],...$t(e).length===0?["A builder that lacks libguestfs installs it from its own image's repositories."]:[]]}o(nr,"openEnds");function sr({commands:e}){return e.length===0?[]:[`Whether the recipe's commands fetch anything is not seen here: ${e.map(({id:t})=>t).join(", ")}.`]}o(sr,"commandNotes");const ir=null;function nh({entries:e},t){const n=[...new Set(t.map(xn))];return{beyond:n.filter(s=>!e.some(i=>An(i,s))),untouched:e.filter(s=>s.required&&!n.some(i=>An(s,i)))}}o(nh,"compareEgress");function An(e,t){const n=xn(e.url);return e.match==="exact"?t===n:t.startsWith(n)}o(An,"covers");function xn(e){const{origin:t,pathname:n}=new URL(e);return t+n}o(xn,"withoutQuery");function sh(e){const{entries:t,open:n,notes:s}=e;return[[n.length===0?"A bake touches these addresses and no others":"A bake touches these addresses",...t.flatMap(or)],["Not closed",...n],["Beside the recipe",...s]].filter(a=>a.length>1).map(([a,...c])=>`${a}
${c.map(l=>`  ${l}`).join(`
`)}
`).join(`
`)}o(sh,"egressText");function or({url:e,match:t,what:n,touchedBy:s,required:i}){const r=i?"":", as needed";return[`${e}${t==="prefix"?"*":""}`,`    ${n}; by ${s.join(", ")}${r}`]}o(or,"entryLines");const rr=/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;function ar(e,t){const n=t.match(rr)??[];if(/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(t))return{wrong:"contains a private key, which must never be in an image"};if(n.length===0)return{wrong:"expected certificates in PEM form"};for(const[s,i]of n.entries()){const r=lr(i);if(!r)return{wrong:`certificate ${s+1} of ${n.length} cannot be read`};if(!r.ca)return{wrong:`certificate ${s+1} (${dr(r)}) is not of a certificate authority`}}return n.map((s,i)=>({name:n.length===1?e:`${e}-${i+1}`,pem:`${s.replace(/\r/g,"").trim()}
`}))}o(ar,"splitBundle");function cr(e){return(0,I.createHash)("sha256").update(new I.X509Certificate(e).raw).digest("hex")}o(cr,"derDigest");function lr(e){try{return new I.X509Certificate(e)}catch{return}}o(lr,"read");const dr=o(e=>e.subject.replace(/\n/g,", "),"subject");function On(e){const{absent:t,signers:n,minimumCount:s,install:i}=e.packages,{firewall:r,allowedHosts:a}=e;return{recipe:{name:e.name,digest:(0,Ge.dF)(e),layers:e.layers},packages:{present:i,absent:t,signers:n,minimumCount:s},repositories:e.repositories.map(({id:c,enabled:l,baseurl:d})=>({id:c,enabled:l,host:new URL(d).hostname})),...a&&{allowedHosts:a},files:[...e.files.map(ur),...e.downloads.map(fr)],directories:e.directories,sysctls:e.sysctls,kernelModules:e.kernelModules,services:e.services,kernelCommandLine:e.kernelCommandLine,initramfs:e.initramfs,...r&&{firewall:{ipv4:r.ipv4,ipv6:r.ipv6}},selinux:e.selinux,certificates:e.certificates.map(({name:c,pem:l})=>({name:c,sha256:cr(l)})),sealing:e.sealing,image:e.image}}o(On,"expectationsOf");function ur({path:e,mode:t,owner:n,group:s,selinuxType:i,content:r,origin:a}){return{path:e,sha256:(0,R.qQ)("sha256",r),mode:t,owner:n,group:s,...i&&{selinuxType:i},origin:a}}o(ur,"fileExpectation");function fr({path:e,sha256:t,mode:n}){return{path:e,sha256:t,mode:n,owner:"root",group:"root",origin:"downloads"}}o(fr,"downloadExpectation");const me={"HYG-2":["/etc/ssh/ssh_host_*"],"HYG-4":["/var/lib/cloud/instance","/var/lib/cloud/instances/*","/var/lib/cloud/data/*","/var/lib/cloud/sem/*","/var/log/cloud-init*","/etc/cloud/cloud-init.disabled"],"HYG-5":["/etc/NetworkManager/system-connections/cloud-init-*","/etc/NetworkManager/conf.d/99-cloud-init.conf","/etc/sysconfig/network-scripts/ifcfg-cloud-init-*"],"HYG-6":["/var/lib/systemd/random-seed","/var/lib/random-seed","/var/lib/systemd/credential.secret"],"HYG-8":["/root/anaconda-ks.cfg","/root/original-ks.cfg","/var/lib/systemd/coredump/*","/var/spool/abrt/*","/var/crash/*","/core","/core.*"],"HYG-11":["/var/lib/rpm/__db.*","/usr/lib/sysimage/rpm/__db.*"],"CFG-7":["/etc/rancher/*/config.yaml","/etc/rancher/*/config.yaml.d/*","/etc/rancher/*/registries.yaml","/etc/rancher/node/password","/var/lib/rancher/*/server/token","/var/lib/rancher/*/server/node-token","/var/lib/rancher/*/server/agent-token","/var/lib/rancher/*/server/tls","/var/lib/rancher/*/server/cred","/var/lib/rancher/*/server/db","/var/lib/rancher/*/agent/*.kubeconfig"],"SEL-2":["/.autorelabel"]},hr=["/etc/machine-id","/var/lib/dbus/machine-id","/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],Nn=["nm-cloud-setup.service","nm-cloud-setup.timer","kdump.service","rpcbind.socket","cockpit.socket"],Ln=48*1024;function mr(e){return{files:[{name:"probe/probe.sh",content:kt("probe.sh"),mode:"0755"},{name:"probe/section.sh",content:kt("section.sh"),mode:"0644"},{name:"probe/guest.sh",content:kt("guest.sh"),mode:"0644"},{name:"probe/spec",content:pr(e),mode:"0644"}],entry:"probe/probe.sh"}}o(mr,"probeFiles");function pr(e){const{files:t,directories:n,sealing:s,services:i}=e,r={path:[...hr,...s.emptied],file:t.map(l=>l.path),directory:n.map(l=>l.path),glob:[...Object.values(me).flat(),...s.removed],unit:[...i.enable,...i.disable,...i.mask,...Nn],module:e.kernelModules,driver:[...e.initramfs.drivers,"xfs","ext4"],certificate:e.certificates.map(l=>l.sha256)},a=Object.entries(r).flatMap(([l,d])=>d.map(p=>gr(l,p))),c=`${[...new Set(a)].sort().join(`
`)}
`;if(Buffer.byteLength(c)>Ln)throw new f.Gd("PROBE_SPEC",`The list of what the probe looks at exceeds ${Ln} bytes.`);return c}o(pr,"probeSpec");function gr(e,t){if(t===""||/[\n\t\0]/.test(t))throw new f.Gd("PROBE_SPEC",`${JSON.stringify(t)} cannot be looked for: it is empty or has a line break or tab.`);return`${e} ${t}`}o(gr,"specLine");function kt(e){const t={"probe.sh":h.ab+"probe.sh","section.sh":h.ab+"section.sh","guest.sh":h.ab+"guest.sh"};return(0,V.readFileSync)(t[e],"utf8")}o(kt,"probe_script");const Pn=6,$r=8080;function wr({plan:e,baseSha256:t,token:n}){const{recipe:s,runId:i,proxy:r,staticNetwork:a,builderSshKeys:c}=e,{name:l,certificates:d,downloads:p,image:k}=s;return{recipe:{name:l,certificates:d,downloads:p,virtualSize:k.virtualSize,toolRepositories:$t(s),airGapped:s.allowedHosts!==void 0},customize:dn(s),probe:mr(On(s)),base:{url:s.base.url,sha256:t},token:n,port:$r,runId:i,limits:e.bakeLimits,emulationFactor:Pn,compress:!0,proxy:r,staticNetwork:a,sshAuthorizedKeys:c}}o(wr,"builderInput");var kr=h(7468);function br(e){const t=[...new Set(e.map(n=>n.trim().replace(/\/\d+$/,"")))].filter(vr);return[...t.filter(Le.isIPv4),...t.filter(Le.isIPv6)]}o(br,"usableAddresses");function yr(e){return(e?.status?.interfaces??[]).flatMap(({ipAddress:n,ipAddresses:s=[]})=>[...n?[n]:[],...s])}o(yr,"reportedAddresses");function vr(e){return(0,Le.isIPv4)(e)?!/^(127\.|169\.254\.|0\.|2(2[4-9]|[3-5]\d)\.)/.test(e):(0,Le.isIPv6)(e)&&!/^(fe[89ab]|ff)/i.test(e)&&e!=="::"&&e!=="::1"}o(vr,"isUsable");class Er{static{o(this,"AddressBook")}#e=[];note(t){const n=br(t);n.length>0&&(this.#e=n)}get addresses(){return this.#e}}function Sr(e,t,n){return`http://${(0,Le.isIPv6)(e)?`[${e}]`:e}:${t}${n}`}o(Sr,"httpUrl");const Tr=2e3,Ir=5e3;async function Rr(e,t,n){const s=await _r(e,t,n),i=s.map(r=>Sr(r,t.port,t.path));for(const r of i)if(await xr(r,t.size,n))return r;return n.log.info(`this machine has no route to ${s.join(", ")}; the nodes of Harvester need one`),i[0]}o(Rr,"findUrl");async function _r(e,t,n){const s=new Er;for(s.note(e.staticNetwork?.addresses??t.addresses);s.addresses.length===0&&(s.note(yr(await Ar(e,n))),!(s.addresses.length>0));)n.progress(`waiting for an address of ${e.namespace}/${e.names.vm}`),await n.clock.sleep(Tr,n.signal);return s.addresses}o(_r,"waitForAddresses");async function Ar(e,{kube:t,signal:n}){const s={namespace:e.namespace,name:e.names.vm};return t.get(M.Bg,s,{signal:n}).catch(i=>{if(!(0,x.c4)(i))throw i})}o(Ar,"instanceOf");async function xr(e,t,n){const{http:s,signal:i,log:r}=n;try{const a=await s.request(e,{method:"HEAD",signal:i,timeout:Ir});if(a.body.destroy(),a.status!==200)throw new Error(`answered ${a.status}`);const c=Number(a.headers["content-length"]);if(c===t)return!0;throw new f.eG("HANDOVER_MISMATCH",`The builder serves ${c} bytes instead of ${t}.`,{mend:"Another server seems to have the address of the builder: check for duplicate addresses."})}catch(a){if(i.aborted||a instanceof f.eG&&a.code==="HANDOVER_MISMATCH")throw a;return r.debug(`${new URL(e).host}: ${(0,f.bD)(a)}`),!1}}o(xr,"answers");async function Or(e,t,{kube:n,signal:s}){const{namespace:i,names:r,builder:a}=e,c=[[M.dr,r.vm],[we.cW,r.secret],...a.keepImage?[]:[[M.Tx,r.baseImage]]],l={metadata:{annotations:{[_.Zy]:t}}};for(const[d,p]of c)await n.mergePatch(d,{namespace:i,name:p},l,{signal:s}).catch(k=>{if(!(0,x.c4)(k))throw k})}o(Or,"holdMachine");function Nr(e){const{namespace:t,names:n,builderSshKeys:s,staticNetwork:i}=e,r=i?.addresses[0]?.split("/")[0];return[`console: virtctl --namespace ${t} console ${n.vm}`,s.length>0?`login: ssh rocky@${r??"<address>"} with a key of builder-ssh-keys; "rocky" is the user of Rocky's own images`+(r?"":`; the address: kubectl --namespace ${t} get vmi ${n.vm} -o jsonpath='{.status.interfaces}'`):"login: none, because no builder-ssh-keys were given; the console shows its output only","the log of the bake: /var/log/rke2-actions-bake.log; its work: /var/lib/rke2-actions/bake"]}o(Nr,"waysIn");const Cn=1<<20;function Lr(e){const t=Buffer.byteLength(e.userData)+Buffer.byteLength(e.networkData??"");if(t>Cn)throw new f.Gd("CLOUD_INIT_TOO_LARGE",`cloud-init is ${t} bytes, a Secret holds ${Cn}`);const{labels:n,annotations:s}=(0,_.Nt)(e.ownership);return{apiVersion:"v1",kind:"Secret",type:"Opaque",metadata:{name:e.name,namespace:e.namespace,labels:n,annotations:s},data:{userdata:Mn(e.userData),...e.networkData!==void 0&&{networkdata:Mn(e.networkData)}}}}o(Lr,"cloudInitSecret");const Mn=o(e=>Buffer.from(e).toString("base64"),"base64");async function Pr(e,t,n){const s=o(i=>(0,_.NG)(i,n.runId),"ours");await(0,G.K)(e,we.cW,t,{ours:s,signal:n.signal})}o(Pr,"createSecret");async function Cr(e,t,n,s={}){const i={apiVersion:n.apiVersion,kind:M.dr.kind,name:n.metadata.name,uid:n.metadata.uid};await e.mergePatch(we.cW,t,{metadata:{ownerReferences:[i]}},s)}o(Cr,"ownSecret");async function Mr(e,t,n,s){const i=await Ur(e,n.baseSha256,s);Gr(e,i);const{kube:r,log:a,signal:c}=s,{namespace:l,names:d,ownership:p,runId:k}=e,{userData:K,networkData:Y}=t,re={namespace:l,name:d.secret};await Pr(r,Lr({...re,userData:K,networkData:Y,ownership:p}),{runId:k,signal:c});const be=await(0,mt.BW)(r,Dr(e,i,Y!==void 0),{runId:k,signal:c});a.info(`created virtual machine ${l}/${d.vm} on image ${i.id}`),await Cr(r,re,be,{signal:c})}o(Mr,"provision");function Dr(e,t,n){const{namespace:s,names:i,builder:r,network:a,ownership:c}=e;return(0,mt.BK)({namespace:s,name:i.vm,cpu:r.cpu,memory:r.memory,disk:{claimName:i.claim,size:r.diskSize,imageId:t.id,storageClassName:t.storageClassName},network:a,secretName:i.secret,hasNetworkData:n,efi:r.efi,ownership:c})}o(Dr,"machineOf");async function Ur(e,t,n){const{kube:s,log:i,signal:r}=n,{namespace:a,names:c,ownership:l,limits:d}=e,p=o(be=>!(0,_.ey)(be)&&zr(be,e,t),"where"),[k]=await qe(s,{namespace:a,where:p,signal:r});if(k)return i.info(`the builder boots from ${a}/${k.metadata.name}, which is there already`),ge(k);const{expiresAt:K,...Y}=l,re=q({namespace:a,name:c.baseImage,url:e.builder.image?.url??e.recipe.base.url,sha512:e.builder.image?.sha512,retry:e.importRetries,ownership:e.builder.keepImage?Y:l,...e.builder.image?{}:{annotations:{[_.aD]:t}},description:"What golden image builders boot from, imported by rke2-actions"});return await ae(s,re,{runId:e.runId,signal:r}),i.info(`created image ${a}/${c.baseImage} from ${re.spec.url}`),qt({...n,namespace:a,name:c.baseImage,stallAfter:d.stall})}o(Ur,"provideBaseImage");function zr(e,t,n){const s=t.builder.image;return s?s.sha512?e.spec.checksum===s.sha512:e.metadata.labels?.[_.Kf]===_.u&&e.spec.url===s.url:e.metadata.annotations?.[_.aD]===n}o(zr,"holdsBase");function Gr(e,t){const n=(0,U.L)(e.builder.diskSize)??0;if(!(t.virtualSize===void 0||n>=t.virtualSize))throw new f.yo("BUILDER_DISK_TOO_SMALL",`The builder's disk of ${e.builder.diskSize} is smaller than its image ${t.id} (${(0,U.z)(t.virtualSize)}).`,{mend:"Raise builder-disk-size; besides itself the disk holds the base and the finished image."})}o(Gr,"requireRoom");const Fr=15*6e4,Br=9e4;class Hr{static{o(this,"VmBuilder")}#e;#t;constructor(t){this.#e=t,this.#t=mo(wr(t))}async provision(t){const{plan:n,baseSha256:s}=this.#e;await Mr(n,this.#t,{baseSha256:s},t)}bake(t){const{plan:n,record:s}=this.#e,{namespace:i,names:r,limits:a}=n,c={...t,namespace:i};return Zo({lines:o(d=>Oo({...c,signal:d,vmName:r.vm,appearWithin:Fr}),"lines"),supervise:o(d=>(0,mt.jl)({...c,signal:d,name:r.vm,grace:Br}),"supervise")},{...t,record:s,stall:a.stall,emulationFactor:Pn})}async handOver({result:t,addresses:n},s){return{kind:"url",url:await Rr(this.#e.plan,{...t,addresses:n},s)}}async hold(t,n){const{plan:s}=this.#e;return await Or(s,t,n),Nr(s)}cleanUp(t){const{namespace:n,runId:s}=this.#e.plan;return(0,kr.n)({...t,namespace:n,runId:s})}}function Kr(e){return new Hr(e)}o(Kr,"createBuilder");const Wr={401:{code:"UPLOAD_UNAUTHORIZED",what:"refuses the login",mend:"Tokens of the Harvester UI expire: download a new kubeconfig. The endpoint takes Rancher tokens, no ServiceAccount's token and no client certificate of another server."},403:{code:"UPLOAD_FORBIDDEN",what:"does not let this user upload",mend:'The user needs "update" on virtualmachineimages.harvesterhci.io in the namespace; else the action is not offered.'},404:{code:"UPLOAD_ENDPOINT_UNKNOWN",what:"knows no such image or action",mend:"upload-endpoint must be https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>."},413:{code:"UPLOAD_TOO_LARGE",what:"finds the body too large",mend:'A proxy before Harvester limits bodies: annotate its ingress with nginx.ingress.kubernetes.io/proxy-body-size: "0" and proxy-request-buffering: "off", or upload to the VIP directly.'},415:{code:"UPLOAD_MEDIA_TYPE",what:"does not take multipart/form-data",mend:"Something else than Harvester's upload answers there, or a proxy rewrites the content type: check upload-endpoint."}},jr={code:"UPLOAD_FAILED",what:"failed",mend:"See the log of the harvester pods in harvester-system, and the BackingImageDataSource in longhorn-system."},Vr={code:"UPLOAD_REFUSED",what:"refused the upload",mend:"Its text says why: only a disk image (qcow2, raw, iso) in whole sectors is taken."};function Dn(e,t,n){const{code:s,what:i,mend:r}=Wr[e]??(e<500?Vr:jr),a=Yr(t),c=a?`: ${a}`:"";return new f.eG(s,`${n} ${i} (HTTP ${e})${c}.`.replace(/\.\.$/,"."),{mend:r})}o(Dn,"uploadRefused");function Yr(e){return(qr(e)??/<title>([^<]*)<\/title>/i.exec(e)?.[1]??e).replace(/\s+/g," ").trim().slice(0,300)}o(Yr,"answerText");function qr(e){try{const{message:t}=JSON.parse(e);return typeof t=="string"?t:void 0}catch{return}}o(qr,"jsonMessage");const Un="v1/harvester",Zr=`${Un}/harvesterhci.io.virtualmachineimages`,Xr=/\/k8s\/clusters\/[^/]+\/?$/;async function Jr(e,t){const{kube:n,log:s}=t,i={url:ea(e.url??n.server),ca:e.ca??[]},r=await ta(i,t),a=e.url!==void 0||Xr.test(i.url);if(r!==200&&!a)throw sa(n.server);return r!==200&&s.info(`${(0,$.B)(i.url)} answers ${r} to a look at it`),i}o(Jr,"findUploadEndpoint");function Qr(e,t,n){const{namespace:s,name:i}=t;return`${e.url}/${Zr}/${s}/${i}?action=upload&size=${n}`}o(Qr,"uploadUrl");const ea=o(e=>e.replace(/\/(v1(\/harvester.*)?|dashboard.*)?$/,""),"baseOf");async function ta(e,{kube:t,signal:n}){const s=`${e.url}/${Un}`,i={method:"GET",ca:e.ca,signal:n},r=o(()=>t.send(s,i).catch(d=>{throw n?.aborted||!(d instanceof f.eG)?d:na(e,d)}),"send"),a=await r(),{status:c,text:l}=a.status===401?await r():a;if(c===401)throw Dn(c,l,(0,$.B)(e.url));return c===200&&!/^\s*\{/.test(l)?404:c}o(ta,"ask");function na(e,t){return new f.eG("UPLOAD_ENDPOINT_UNREACHABLE",`The upload endpoint cannot be reached from here: ${(0,f.bD)(t)}`,{mend:`${t.mend??""} The endpoint is Harvester's VIP, port 443; input upload-endpoint, its CA in ca-certificates.`.trim(),cause:t,evidence:[`asked: ${(0,$.B)(e.url)}`]})}o(na,"unreachable");function sa(e){return new f.yo("UPLOAD_ENDPOINT_UNKNOWN",`${(0,$.B)(e)} is a Kubernetes API server, which takes no uploads.`,{mend:"Give upload-endpoint: https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>; its CA goes into ca-certificates. Its login is the token of the kubeconfig."})}o(sa,"unknownEndpoint");const ih=null;async function zn(e,t,n={}){const{namespace:s,name:i,displayName:r}=t,{items:a}=await e.list(M.Tx,{namespace:s,signal:n.signal});return a.filter(({metadata:c})=>c.uid===void 0||c.uid!==n.except).filter(({metadata:c,spec:l})=>c.name===i||l.displayName===r)}o(zn,"findExisting");function ia(e,t,n){const s=t.filter(({metadata:r})=>!r.deletionTimestamp),[i]=s;if(!i)return t.length>0?{action:"replace",images:t}:{action:"create"};if(n==="replace")return{action:"replace",images:t};if(n==="fail")throw Fn(i);return{action:"use",image:oa(e,s)}}o(ia,"decide");function oa(e,t){const{sha512:n}=e;if(!n)throw new f.yo("CHECKSUM_NEEDED","skip-if-same cannot compare: the SHA-512 of the source is not known.",{mend:"Give checksum, or let it be computed."});const s=t.find(i=>Gn(i).includes(n));if(!s)throw ra(t[0]);if((0,b.Qr)(s)||(0,b.N_)(s).state==="failed")throw aa(s);return s}o(oa,"sameImage");function Gn({metadata:e,spec:t}){return[e.annotations?.[_.HG],t.checksum?.toLowerCase()]}o(Gn,"checksumsOf");const bt=o(({metadata:e,spec:t})=>`${e.namespace}/${e.name}`+(t.displayName===e.name?"":` (display name "${t.displayName}")`),"existing_idOf");function Fn(e){return new f.eG("HARVESTER_NAME_TAKEN",`The name is taken: ${bt(e)} exists already.`,{mend:"Choose another name, remove that image, or set on-existing to skip-if-same or replace."})}o(Fn,"nameTaken");function ra(e){const t=Gn(e).find(n=>n);return new f.eG("HARVESTER_IMAGE_DIFFERS",`${bt(e)} exists already and `+(t?`has other bytes (SHA-512 ${t.slice(0,16)}\u2026).`:"says nothing of its checksum."),{mend:"Images are immutable: give the new one a name of its own, or set on-existing to replace."})}o(ra,"differs");function aa(e){return new f.eG("HARVESTER_IMAGE_UNUSABLE",`${bt(e)} is to hold the same bytes, but its import has failed.`,{mend:"Remove it, or set on-existing to replace."})}o(aa,"unusable");async function ca(e,t){const{kube:n,log:s,signal:i}=t,{namespace:r,name:a}=e,c=await n.get(we.h0,{namespace:r,name:a},{signal:i}).catch(k=>{throw(0,x.c4)(k)?da(e):k}),{phase:l="Pending"}=c.status??{};if(l!=="Bound"||c.metadata.deletionTimestamp)throw ua(e,l);const d=await la(e,t);if(d)throw fa(e,d);const p=c.spec?.resources?.requests?.storage??"its whole size";s.info(`volume ${r}/${a} is exported raw, ${p} large however little is in it`)}o(ca,"checkVolume");async function la({namespace:e,name:t},{kube:n,log:s,signal:i}){const r=n.list(M.dr,{namespace:e,signal:i}),{items:a}=await r.catch(l=>{if((0,A.Te)(i),!(0,x.US)(l)&&!(0,x.c4)(l))throw l;return s.info("whether a running machine holds the volume is not known: machines may not be listed"),{items:[]}});return a.find(l=>!/^(Stopped|Paused)?$/.test(l.status?.printableStatus??"")&&(l.spec.template.spec.volumes??[]).some(d=>d.persistentVolumeClaim?.claimName===t))?.metadata.name}o(la,"runningHolder");const yt=o(({namespace:e,name:t})=>`${e}/${t}`,"export_idOf");function da(e){return new f.yo("VOLUME_MISSING",`There is no volume ${yt(e)}.`,{mend:`Give the PersistentVolumeClaim as namespace/name: kubectl -n ${e.namespace} get pvc`})}o(da,"missing");function ua(e,t){return new f.yo("VOLUME_NOT_BOUND",`The volume ${yt(e)} is ${t} or being deleted.`,{mend:"Wait until it is Bound; a volume of a WaitForFirstConsumer class is bound once a machine has used it."})}o(ua,"notBound");function fa(e,t){return new f.yo("VOLUME_IN_USE",`The volume ${yt(e)} is in use by the machine ${t}, which is not stopped.`,{mend:"Stop the machine first: what it has not written yet would be missing in the image."})}o(fa,"inUse");var ha=h(2041);const Bn=1e3,ma=18e4,pa=1e4;async function Hn(e,t){const{kube:n,signal:s}=t,{name:i,namespace:r,uid:a}=e.metadata;try{const c={propagation:"Foreground",uid:a,signal:s};await n.delete(M.Tx,{namespace:r,name:i},c)}catch(c){if((0,x.c4)(c))return{outcome:"gone already"};if((0,ha.ly)(c)||/replicas? using it/i.test((0,f.bD)(c)))return{outcome:"in use",by:ga(c)};throw c}return await $a(e,t),await ka(e,t),{outcome:"deleted"}}o(Hn,"deleteImage");function ga(e){const t=(0,f.bD)(e);return/being used by .*/.exec(t)?.[0]??t}o(ga,"usedBy");async function $a(e,t){const{clock:n,progress:s,signal:i,goneWithin:r=ma}=t,{name:a,namespace:c,uid:l}=e.metadata,d=n.monotonic()+r;for(;;){const p=await Kn(M.Tx,{namespace:c,name:a},t);if(!p||l&&p.metadata.uid!==l)return;if(n.monotonic()>=d)throw wa(p,r);s(`waiting until image ${c}/${a} is gone`),await n.sleep(Bn,i)}}o($a,"waitGone");function wa({metadata:e},t){const{name:n,namespace:s,finalizers:i=[]}=e;return new f.eG("HARVESTER_IMAGE_STUCK",`The image ${s}/${n} is still being deleted after ${(0,O.a)(t)}.`,{evidence:i.map(r=>`waits for finalizer ${r}`),mend:"Two images of one display name block each other on older releases (harvester#10109): remove the label harvesterhci.io/imageDisplayName from one of them. Else see the BackingImage in longhorn-system."})}o(wa,"stuck");async function Kn(e,t,{kube:n,signal:s}){return n.get(e,t,{signal:s}).catch(i=>{if(!(0,x.c4)(i))throw i})}o(Kn,"lookUp");async function ka(e,t){const{clock:n,kube:s,log:i,signal:r}=t,a=e.status?.storageClassName;if(!a)return;const c=n.monotonic()+pa;try{for(;;){if(!(await Kn(we.Zq,{name:a},t))?.parameters?.backingImage)return;if(n.monotonic()>=c)break;await n.sleep(Bn,r)}await s.delete(we.Zq,{name:a},{signal:r}),i.info(`removed storage class ${a}, which the image had left behind`)}catch(l){if(r?.aborted)throw l;const d=(0,x.US)(l)?"it may not be read or deleted with this kubeconfig":(0,f.bD)(l);i.debug(`storage class ${a}: ${d}`)}}o(ka,"sweepStorageClass");const vt=512;function ba({name:e,size:t}){if(!(t>0&&t%vt===0))throw new f.yo("UPLOAD_SIZE",t===0?`${e} is empty.`:`${e} has ${t} bytes, which is no multiple of ${vt}.`,{mend:t===0?"Give a disk image in qcow2 or raw format.":`A disk image has whole sectors: unpack it if it is compressed, or pad it with "truncate -s %${vt} ${e}".`})}o(ba,"requireUploadable");const ya="longhorn-system",va="harvesterhci.io/imageId",Ea=10;async function Sa(e,t,n={}){const s=o((c,l,d)=>e.list(c,{namespace:l,fieldSelector:d,signal:n.signal}).catch(()=>((0,A.Te)(n.signal),{items:[]})),"read"),[i,r]=await Promise.all([s(we.qY,t.namespace,`involvedObject.name=${t.name}`),s(M.pE,ya)]),a=`${t.namespace}/${t.name}`;return[...r.items.filter(({metadata:c})=>c.annotations?.[va]===a).flatMap(Ra),...[...i.items].sort(Ta).slice(-Ea).map(Ia)]}o(Sa,"importDiagnostics");const Ta=o((e,t)=>(e.lastTimestamp??"").localeCompare(t.lastTimestamp??""),"byTime"),Ia=o(({type:e="",reason:t="",message:n=""})=>`event ${e} ${t}: ${n}`,"eventLine");function Ra({metadata:e,status:t}){const n=Object.entries(t?.diskFileStatusMap??{});return n.length===0?[`BackingImage ${e.name}: no file on any disk yet`]:n.map(([s,{state:i="unknown",progress:r=0,message:a=""}])=>`BackingImage ${e.name}, disk ${s}: ${i}, ${r} % ${a}`.trimEnd())}o(Ra,"backingImageLines");var _a=h(7075);function Aa({field:e,fileName:t,size:n}){const s=`rke2-actions-${(0,I.randomBytes)(12).toString("hex")}`,i=Buffer.from(`--${s}\r
content-disposition: form-data; name="${e}"; filename="${Oa(t)}"\r
content-type: application/octet-stream\r
\r
`),r=Buffer.from(`\r
--${s}--\r
`);return{headers:{"content-type":`multipart/form-data; boundary=${s}`,"content-length":String(i.length+n+r.length)},body:o((a,c=()=>{})=>_a.Readable.from(xa(i,a,r,c),{objectMode:!1}),"body")}}o(Aa,"multipartForm");async function*xa(e,t,n,s){yield e;let i=0;for await(const r of t)yield r,i+=r.length,s(i);yield n}o(xa,"framed");const Oa=o(e=>e.replace(/\r/g,"%0D").replace(/\n/g,"%0A").replace(/"/g,"%22"),"quoted"),Na=/already exists|timeout waiting/i,La={backingimage:"chunk",cdi:"file"},Pa={requests:12,pause:5e3,idle:45e3,answer:6e5},Ca=1e3;async function Ma(e,t){const n={...Pa,...e.limits};for(let s=1;;s++){const{status:i,text:r}=await Da(e,n,t);if(i>=200&&i<300)return;if(i===401&&s===1)continue;const a=Dn(i,r,(0,$.B)(e.endpoint.url));if(!Na.test(r)||s>=n.requests)throw a;t.log.info(`uploading ${e.source.name}: request ${s} of ${n.requests} came too early: ${a.message}; next in ${(0,O.a)(n.pause)}`),await t.clock.sleep(n.pause,t.signal)}}o(Ma,"uploadFile");async function Da(e,t,n){const{endpoint:s,image:i,backend:r,source:a}=e,c=Aa({field:La[r],fileName:a.name,size:a.size}),l=new za(a,t,n),d=await a.open(l.signal),p=c.body(d,l.note);try{return await n.kube.send(Qr(s,i,a.size),{method:"POST",headers:{...c.headers,...r==="cdi"&&{"file-size":String(a.size)}},body:p,ca:s.ca,signal:l.signal})}catch(k){throw(0,A.Te)(n.signal),Ua(k,a,l.sent)}finally{l.stop(),p.destroy(),d.destroy()}}o(Da,"sendFile");function Ua(e,t,n){if(e instanceof f.AK&&e.code.startsWith("UPLOAD_"))return e;const s=`${(0,U.z)(n)} of ${(0,U.z)(t.size)}`;return new f.eG("UPLOAD_CUT",`The upload of ${t.name} broke off after ${s}: ${(0,f.bD)(e)}`,{mend:"Look at proxies between here and Harvester: their time limits and body limits cut long requests.",cause:e})}o(Ua,"uploadCut");class za{static{o(this,"TransferWatch")}sent=0;signal;#e=new AbortController;#t;#n;#i;constructor(t,n,s){this.#t=t,this.#n=n,this.#i=s;const i=this.#e.signal;this.signal=s.signal?AbortSignal.any([s.signal,i]):i,this.#s().catch(()=>{})}note=o(t=>{this.sent=t},"note");stop(){this.#e.abort()}async#s(){const{clock:t,progress:n}=this.#i,s=t.monotonic();let[i,r]=[-1,s];for(;;){this.sent!==i&&([i,r]=[this.sent,t.monotonic()]);const a=this.sent>=this.#t.size,c=t.monotonic()-r;n(this.#o(t.monotonic()-s)),c>(a?this.#n.answer:this.#n.idle)&&this.#e.abort(this.#r(c)),await t.sleep(Ca,this.signal)}}#o(t){const{name:n,size:s}=this.#t;if(this.sent>=s)return`${n} is sent; waiting for Harvester's answer`;const i=t>0?`, ${(0,U.z)(Math.round(this.sent*1e3/t))}/s`:"",r=Math.floor(this.sent*100/s);return`uploading ${n}: ${(0,U.z)(this.sent)} of ${(0,U.z)(s)} (${r} %)${i}`}#r(t){const{name:n,size:s}=this.#t,i=this.sent>=s?"the answer did not come":"no byte moved";return new f.eG("UPLOAD_IDLE",`The upload of ${n} stood still after ${(0,U.z)(this.sent)} of ${(0,U.z)(s)}: ${i} for ${(0,O.a)(t)}.`,{mend:"Harvester ends an upload after 30 s without a byte: check the disk or server that is read, and the network."})}}const Ga=6e4,Fa=/^(UPLOAD_(CUT|IDLE|FAILED)|HARVESTER_IMPORT_FAILED)$/;class Ba{static{o(this,"Transfer")}#e;#t;#n;#i;constructor(t,n,s){this.#e=t,this.#t=n,this.#n=s;const{sha512:i}=t,r={...t.annotations,...i&&{[_.HG]:i}};this.#i=Ye({...t,annotations:r,origin:t.source})}async run(){const{source:t,retry:n}=this.#e,s=t.kind==="file"?n+1:1;for(let i=1;;i++)try{const{image:r,failures:a}=await this.#o();return{image:r,attempts:i+a}}catch(r){if(i>=s||!Ha(r))throw await this.#l(r);const{log:a}=this.#n;a.warning(`${this.#s}: attempt ${i} of ${s} failed: ${(0,f.bD)(r)}`),await this.#d(this.#n)}}get#s(){return`${this.#e.namespace}/${this.#e.name}`}async#o(){const{kube:t,log:n,signal:s}=this.#n,{namespace:i,name:r,source:a,stallAfter:c,ownership:l}=this.#e,d=await ae(t,this.#i,{runId:l.runId,signal:s});n.info(`created image ${this.#s}`),await this.#a(d);const p={...this.#n,namespace:i,name:r,stallAfter:c};a.kind==="file"&&(await zs(p),await this.#r(a,d));const k=await Zt(p);return{image:ge(k),failures:k.status?.failed??0}}async#r(t,n){const{namespace:s,name:i,uploadLimits:r}=this.#e,a=n.spec.backend==="cdi"?"cdi":"backingimage",c={endpoint:this.#t,image:{namespace:s,name:i},backend:a,source:t,limits:r};await Ma(c,this.#n)}async#a(t){const{kube:n,signal:s}=this.#n,{namespace:i,name:r,displayName:a=r}=this.#e,{uid:c}=t.metadata,d=(await zn(n,{namespace:i,name:r,displayName:a},{except:c,signal:s})).find(p=>!p.metadata.deletionTimestamp&&Wn(p)<Wn(t));if(d)throw Fn(d)}async#l(t){const{clock:n,log:s,signal:i}=this.#n;if(i?.aborted&&(0,A.Js)(i)instanceof f.cc)return t;const r=(0,A.Bv)(n,Ga,void 0,()=>new f.cc);try{const a=await Sa(this.#n.kube,this.#e,{signal:r.signal}),c=t instanceof f.AK&&t.code==="HARVESTER_NAME_TAKEN";return(this.#e.deleteOnFailure||c)&&await this.#d({...this.#n,signal:r.signal}),Wa(t,a)}catch(a){return s.warning(`the failed image ${this.#s} may be left: ${(0,f.bD)(a)}`),t}finally{r.clear()}}async#d(t){const{kube:n,signal:s}=t,{namespace:i,name:r}=this.#e,a=await Ka(t,this.#e);if(!a)return;const c={metadata:{labels:{[Oe]:null}}};await n.mergePatch(M.Tx,{namespace:i,name:r},c,{signal:s}).catch(()=>{});const{outcome:l}=await Hn(a,t);t.log.info(`removed the failed image ${this.#s} (${l})`)}}function Ha(e){return e instanceof f.AK&&Fa.test(e.code)}o(Ha,"isWorthAnotherImage");const Wn=o(({metadata:e})=>`${e.creationTimestamp??""} ${e.uid??""}`,"ageOf");async function Ka({kube:e,signal:t},{namespace:n,name:s,ownership:i}){const r=await e.get(M.Tx,{namespace:n,name:s},{signal:t}).catch(a=>{if(!(0,x.c4)(a))throw a});return r&&(0,_.NG)(r,i.runId)?r:void 0}o(Ka,"findOwn");function Wa(e,t){if(!(e instanceof f.eG)||t.length===0)return e;const{code:n,message:s,mend:i,evidence:r,cause:a}=e;return new f.eG(n,s,{...i&&{mend:i},evidence:[...r,...t],cause:a})}o(Wa,"withEvidence");async function ja(e,t){const{kube:n,clock:s,log:i,signal:r}=t,a=s.monotonic(),c={...e,displayName:e.displayName??e.name},l=await zn(n,c,{signal:r}),d=ia(c,l,e.onExisting??"fail");if(d.action==="use")return{image:await Va(d.image,e,t),attempts:0,duration:s.monotonic()-a,skipped:!0};const p=await Ya(e,t);d.action==="replace"&&await qa(d.images,t);const{image:k,attempts:K}=await new Ba(e,p,t).run();await Gs(n,k,{signal:r});const Y=s.monotonic()-a;return i.notice(`imported ${k.id}, storage class ${k.storageClassName}, in ${(0,O.a)(Y)}`),{image:k,attempts:K,duration:Y,skipped:!1}}o(ja,"importImage");async function Va(e,{namespace:t,stallAfter:n},s){const{name:i}=e.metadata;return s.log.notice(`${t}/${i} holds these bytes already; nothing is imported`),qt({...s,namespace:t,name:i,stallAfter:n})}o(Va,"useExisting");async function Ya({source:e,uploadEndpoint:t={}},n){if(e.kind==="volume"&&await ca(e,n),e.kind==="file")return ba(e),Jr(t,n)}o(Ya,"prepareSource");async function qa(e,t){for(const n of e){const s=`${n.metadata.namespace}/${n.metadata.name}`,i=await Hn(n,t);if(i.outcome==="in use")throw Za(s,i.by);t.log.info(`removed ${s}, which is replaced`)}}o(qa,"removeFormer");function Za(e,t){return new f.eG("HARVESTER_IMAGE_IN_USE",`${e} cannot be replaced, it is ${t}`,{mend:"Give the new image a name of its own; the old one can go when nothing stands on it any more."})}o(Za,"formerInUse");var jn=h(8085);const Xa=50;async function Ja(e,t,n){for(let s=1;;s++){const i=(0,jn.sw)(e.names.image,s);try{return await ec(i,e,t,n)}catch(r){if(!Qa(r)||s===Xa)throw r;n.log.info(`the name ${i} is taken; trying ${(0,jn.sw)(e.names.image,s+1)}`)}}}o(Ja,"importGolden");const Qa=o(e=>e instanceof f.eG&&e.code==="HARVESTER_NAME_TAKEN","import_isNameTaken");async function ec(e,t,{source:n,sha512:s,baseSha256:i,fingerprint:r},a){const{image:c}=await ja({namespace:t.namespace,name:e,source:n,sha512:s,storageClass:t.storageClass,retry:t.importRetries,ownership:t.ownership,annotations:{[_.iX]:i,...r&&{[_.lj]:r}},description:`${t.recipe.name} (${t.recipeDigest.slice(0,12)}), baked by rke2-actions`,stallAfter:t.limits.stall},a);return c}o(ec,"importAs");const tc="/var/lib/rancher/rke2/server/manifests";function nc(e){return`use_golden_image  = true
golden_image_name = ${JSON.stringify(e)}
`}o(nc,"tfvars");function sc(e){const{ciliumPool:t}=e,n=t?[qn("cilium-lb-ippool.yaml",oc(t)),qn("cilium-l2-policy.yaml",rc)]:[];return Yn({...Vn(e),...n.length>0&&{write_files:n}})}o(sc,"controlPlaneCloudInit");function ic(e){return Yn(Vn(e))}o(ic,"workerCloudInit");function Vn({sshAuthorizedKeys:e}){return e.length>0?{ssh_authorized_keys:e}:{}}o(Vn,"keys");function Yn(e){return`#cloud-config
${(0,ce.As)(e,{version:"1.1",lineWidth:0})}`}o(Yn,"cloudConfig");const qn=o((e,t)=>({path:`${tc}/${e}`,permissions:"0644",content:(0,ce.As)(t,{lineWidth:0})}),"manifestFile"),oc=o(({start:e,stop:t})=>({apiVersion:"cilium.io/v2alpha1",kind:"CiliumLoadBalancerIPPool",metadata:{name:"ingress-pool"},spec:{blocks:[{start:e,stop:t}]}}),"loadBalancerPool"),rc={apiVersion:"cilium.io/v2alpha1",kind:"CiliumL2AnnouncementPolicy",metadata:{name:"l2-policy"},spec:{serviceSelector:{matchLabels:{}},nodeSelector:{matchExpressions:[{key:"node-role.kubernetes.io/control-plane",operator:"DoesNotExist"}]},interfaces:["^eth1$"],externalIPs:!0,loadBalancerIPs:!0}};var ac=h(43);function J(e){return e.split(`
`).filter(t=>t.trim()!=="")}o(J,"lines");function te(e,t){return J(e).map(n=>{const s=n.split("	");if(s.length<t)throw new Error(`expected ${t} columns, got "${n.slice(0,80)}"`);return s})}o(te,"columns");function Zn(e){const t=e.trim();if(t==="")throw new Error("it is empty");return t}o(Zn,"oneLine");function Xn(e){if(!/^\d+$/.test(e.trim()))throw new Error(`"${e.trim().slice(0,40)}" is not a whole number`);return Number(e)}o(Xn,"wholeNumber");function Et(e){const t=[];for(const n of J(e))if(n.startsWith("="))t.push({head:n.slice(1),body:[]});else if(t.length>0)t.at(-1).body.push(n);else throw new Error(`"${n.slice(0,80)}" stands before the first block`);return t}o(Et,"blocks");function oe(e){return Et(e).map(({head:t,body:n})=>({path:t,lines:n.map(s=>s.slice(1))}))}o(oe,"textFiles");function Fe(e){const n=(typeof e=="string"?e.split(`
`):e).map(s=>/^\s*([\w.-]+)\s*=\s*(.*?)\s*$/.exec(s)).filter(s=>s!==null).map(s=>[s[1],s[2].replace(/^(["'])(.*)\1$/,"$2")]);return Object.fromEntries(n)}o(Fe,"assignments");function St(e){return e.match(/(?:[^\s"]|"[^"]*")+/g)??[]}o(St,"kernelArguments");function cc(e){return oe(e).map(({path:t,lines:n})=>{const s=o(i=>n.filter(r=>new RegExp(`^${i}\\s`).test(r)).map(r=>r.slice(i.length).trim()),"values");return{id:t.replace(/^.*\//,"").replace(/\.conf$/,""),path:t,version:s("version")[0],linux:s("linux")[0],initrd:s("initrd").flatMap(i=>i.split(/\s+/)),options:s("options").flatMap(St)}})}o(cc,"readBootEntries");function lc(e){return te(e,3).map(([t,n,s])=>({path:s,size:Number(t),modified:Number(n)}))}o(lc,"readBootFiles");function Jn(e){return te(e,3).map(([t,n,s])=>({kernel:t,kind:n==="file"||n==="builtin"?n:"absent",module:s}))}o(Jn,"readModuleKinds");function dc(e){const t=o((n,s)=>n.filter(i=>i.startsWith(`${s} `)).map(i=>i.slice(s.length+1)),"named");return Et(e).map(({head:n,body:s})=>({kernel:n.split(" ")[0],path:n.split(" ").slice(1).join(" "),modules:t(s,"module"),hostOnly:t(s,"host-only")}))}o(dc,"readInitramfs");const uc=u._H3({format:u.YjP(),"virtual-size":u.aig(),"backing-filename":u.YjP().optional(),"format-specific":u._H3({data:u._H3({corrupt:u.zMY().default(!1)})}).optional()});function fc(e){const t=uc.parse(JSON.parse(e));return{format:t.format,virtualSize:t["virtual-size"],backingFile:t["backing-filename"],corrupt:t["format-specific"]?.data.corrupt??!1}}o(fc,"readImageInfo");const hc=u._H3({"check-errors":u.aig(),corruptions:u.aig().default(0),leaks:u.aig().default(0),"allocated-clusters":u.aig().optional(),"compressed-clusters":u.aig().default(0)});function mc(e){const t=hc.parse(JSON.parse(e));return{errors:t["check-errors"],corruptions:t.corruptions,leaks:t.leaks,allocatedClusters:t["allocated-clusters"],compressedClusters:t["compressed-clusters"]}}o(mc,"readImageCheck");function pc(e){return Et(e).map(({head:t,body:n})=>{const s=new Map(n.map(r=>[r.split(":")[0],r.replace(/^[^:]*:\s*/,"")])),i=s.get("PART_ENTRY_OFFSET");return{device:t,uuid:s.get("UUID"),label:s.get("LABEL"),type:s.get("TYPE"),partitionType:s.get("PART_ENTRY_TYPE")?.toLowerCase(),partitionUuid:s.get("PART_ENTRY_UUID"),partitionLabel:s.get("PART_ENTRY_NAME"),offset:i===void 0?void 0:Number(i)}})}o(pc,"readFilesystems");function gc(e){return te(e,3).map(([t,n,s])=>{if(!/^\d+$/.test(s))throw new Error(`the check of ${t} gave no result`);return{device:t,type:n,status:Number(s)}})}o(gc,"readFilesystemChecks");function $c(e){return te(e,2).map(([t,n])=>({path:t,device:n}))}o($c,"readMounts");function wc(e){return J(e).slice(1).map(t=>t.split(/\s+/)).map(t=>({path:t[5],kilobytes:Number(t[1]),available:Number(t[3])}))}o(wc,"readFreeSpace");function kc(e){return te(e,8).filter(([t])=>t!=="gpg-pubkey").map(([t,n,s,i,r,a,c,l])=>({name:t,epoch:Number(n),version:s,release:i,arch:r,source:a,signer:/^[0-9a-f]{16,40}$/i.test(c)?c.toLowerCase().slice(-16):void 0,installed:Number(l)}))}o(kc,"readPackages");function bc(e){return te(e,2).map(([t,n,s])=>({package:t,reason:n,repository:s??""}))}o(bc,"readReasons");function yc(e){return J(e).map(t=>{const n=/^(missing|[A-Z0-9.?]{8,9})\s+(?:([a-z])\s+)?(\/.*?)(?: \(.*\))?$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of rpm -V`);return{what:n[1],attribute:n[2]??"",path:n[3]}})}o(yc,"readVerify");function vc(e,t){return t.status===0?"":`${e}
${t.error}`.trim()||`status ${t.status}`}o(vc,"readDatabaseCheck");function Ec(e){return oe(e).flatMap(({path:t,lines:n})=>{const s=[];for(const i of n){const r=/^\s*\[([^\]]+)\]/.exec(i)?.[1],a=/^\s*([\w]+)\s*=\s*(.*?)\s*$/.exec(i);r?s.push({id:r,file:t,settings:{}}):a&&s.length>0&&(s.at(-1).settings[a[1].toLowerCase()]=a[2])}return s})}o(Ec,"readRepositories");const Sc={f:"file",d:"directory",l:"link",absent:"absent"};function Tc(e){return new Map(te(e,9).map(([t,n,s,i,r,,a,c,l])=>[l,{kind:Sc[t]??"other",mode:n.padStart(4,"0"),owner:s,group:i,size:Number(r),selinuxType:a.split(":")[2],target:c}]))}o(Tc,"readPaths");function Ic(e){return new Map(J(e).map(t=>{const n=/^\\?([0-9a-f]{64}) [ *](.+)$/.exec(t);if(!n)throw new Error(`"${t.slice(0,80)}" is no line of sha256sum`);return[n[2],n[1]]}))}o(Ic,"readDigests");function Rc(e){return new Map(te(e,2).map(([t,n])=>[n,Number(t)]))}o(Rc,"readDirectoryEntries");function _c(e){const t=new Map;for(const[n,s]of te(e,2))t.set(n,[...t.get(n)??[],s]);return t}o(_c,"readGlobs");function Ac(e){return te(e,5).map(([t,n,s,i,r])=>({name:t,uid:Number(n),shell:s,home:i,password:r==="locked"||r==="empty"?r:"set"}))}o(Ac,"readAccounts");function xc(e){return te(e,2).map(([t,n])=>({size:Number(t),path:n}))}o(xc,"readHomeFiles");function Oc(e){return te(e,2).map(([t,n])=>({kind:t,path:n}))}o(Oc,"readSecrets");function Nc(e){return te(e,3).map(([t,n,s])=>({place:t==="anchor"?"anchor":"bundle",sha256:n,path:s}))}o(Nc,"readCertificates");function Lc(e){return new Map(te(e,2).map(([t,n])=>[t,n||"not-found"]))}o(Lc,"readUnits");function Qn(e){const t=J(e),n=/^total (\d+)$/.exec(t.at(-1)??"")?.[1];if(n===void 0)throw new Error("the walk over the files did not reach its end");return{total:Number(n),first:t.slice(0,-1)}}o(Qn,"readSample");const es={imageSize:{section:"image-size",read:Xn},imageInfo:{section:"image-info",read:fc},imageCheck:{section:"image-check",read:mc,anyStatus:!0},partitionTable:{section:"partition-table",read:Zn},filesystems:{section:"filesystems",read:pc},physicalVolumes:{section:"physical-volumes",read:J},filesystemChecks:{section:"filesystem-checks",read:gc},mounts:{section:"mounts",read:$c},freeSpace:{section:"free-space",read:wc},osRelease:{section:"os-release",read:Fe},packages:{section:"packages",read:kc},packageReasons:{section:"package-reasons",read:bc},packageVerify:{section:"package-verify",read:yc},databaseErrors:{section:"database-check",read:vc,anyStatus:!0},securityUpdates:{section:"security-updates",read:J},paths:{section:"paths",read:Tc},digests:{section:"digests",read:Ic},directoryEntries:{section:"directory-entries",read:Rc},globs:{section:"globs",read:_c},accounts:{section:"accounts",read:Ac},sudo:{section:"sudo",read:oe},homeFiles:{section:"home-files",read:xc},secrets:{section:"secrets",read:Oc},networkIdentity:{section:"network-identity",read:J},temporaryFiles:{section:"temporary-files",read:J},logKilobytes:{section:"log-kilobytes",read:Xn},packageCache:{section:"package-cache",read:J},hostNames:{section:"host-names",read:oe},repositories:{section:"repositories",read:Ec},repositoryKeys:{section:"repository-keys",read:J},policyModules:{section:"policy-modules",read:J},bootEntries:{section:"boot-entries",read:cc},bootConfiguration:{section:"boot-configuration",read:oe},bootFiles:{section:"boot-files",read:lc},espConfiguration:{section:"esp-configuration",read:oe},kernels:{section:"kernels",read:J},kernelModules:{section:"kernel-modules",read:Jn},drivers:{section:"drivers",read:Jn},initramfs:{section:"initramfs",read:dc},firewall:{section:"firewall",read:oe},sysctls:{section:"sysctls",read:oe},networkManager:{section:"network-manager",read:oe},goldenRelease:{section:"golden-release",read:oe},certificates:{section:"certificates",read:Nc},units:{section:"units",read:Lc},presets:{section:"presets",read:oe},defaultTarget:{section:"default-target",read:Zn},danglingUnits:{section:"dangling-units",read:J},selinuxConfiguration:{section:"selinux-configuration",read:oe},unlabelled:{section:"unlabelled",read:Qn},mislabelled:{section:"mislabelled",read:Qn}},Pc=Object.keys(es),Cc=u._H3({schemaVersion:u.euz(1),sections:u.g1P(u.YjP(),u._H3({status:u.aig(),text:u.YjP(),truncated:u.zMY().default(!1),error:u.YjP().default("")}))});function Mc(e){const{sections:t}=Dc(e),n=t.session?.status===0?t.guest:t.session,s={},i={};for(const r of Pc){const a=Uc(es[r],t,n);"value"in a?s[r]=a.value:i[r]=a.reason}return{values:s,missing:i}}o(Mc,"parseFacts");function Dc(e){try{return Cc.parse(JSON.parse(e))}catch(t){throw new f.eG("FACTS_INVALID",`The probe did not deliver a document of facts: ${(0,f.bD)(t)}`,{mend:"Look at the log of the probe; libguestfs-test-tool shows whether libguestfs works on that machine.",cause:t})}}o(Dc,"parseDocument");function Uc(e,t,n){const s=t[e.section];if(!s)return{reason:ts(n?.error)||`the probe delivered no section "${e.section}"`};if(s.truncated)return{reason:`section "${e.section}" is longer than its limit and was cut off`};if(s.status!==0&&!e.anyStatus)return{reason:ts(s.error)||`collecting "${e.section}" ended with status ${s.status}`};try{return{value:e.read(s.text,s)}}catch(i){return{reason:`section "${e.section}" cannot be read: ${(0,f.bD)(i)}`}}}o(Uc,"readFact");function ts(e){return(e??"").trim().split(`
`).slice(0,3).join("; ")}o(ts,"firstLines");function ns(e){const t=/^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(e);return{epoch:Number(t[1]??0),version:t[2],release:t[3]??""}}o(ns,"parseEvr");function ss(e,t){const n=typeof e=="string"?ns(e):e,s=typeof t=="string"?ns(t):t;return Math.sign(n.epoch-s.epoch)||Tt(n.version,s.version)||Tt(n.release,s.release)}o(ss,"compareEvr");function Tt(e,t){if(e===t)return 0;let[n,s]=[e,t];for(;;){n=n.replace(/^[^A-Za-z0-9~^]+/,""),s=s.replace(/^[^A-Za-z0-9~^]+/,"");const i=zc(n,s);if(i==="both"){[n,s]=[n.slice(1),s.slice(1)];continue}if(i!==void 0)return i;if(n===""||s==="")return Math.sign(n.length-s.length);const[r,a]=Gc(n,s);if(a==="")return/^\d/.test(r)?1:-1;const c=Fc(r,a);if(c!==0)return c;[n,s]=[n.slice(r.length),s.slice(a.length)]}}o(Tt,"compareVersions");function zc(e,t){if(e.startsWith("~")||t.startsWith("~"))return e.startsWith("~")?t.startsWith("~")?"both":-1:1;if(!(!e.startsWith("^")&&!t.startsWith("^")))return e===""?-1:t===""||!e.startsWith("^")?1:t.startsWith("^")?"both":-1}o(zc,"compareMarks");function Gc(e,t){const n=/^\d/.test(e)?/^\d+/:/^[A-Za-z]+/;return[n.exec(e)[0],n.exec(t)?.[0]??""]}o(Gc,"segments");function Fc(e,t){if(!/^\d/.test(e))return e<t?-1:e>t?1:0;const[n,s]=[e.replace(/^0+/,""),t.replace(/^0+/,"")];return n.length!==s.length?Math.sign(n.length-s.length):n<s?-1:n>s?1:0}o(Fc,"compareSegments");function Bc(e,t){const{values:n,missing:s}=e;if(!n.packages)throw new f.eG("MANIFEST_INCOMPLETE",`There is no package list: ${s.packages??"not collected"}`,{mend:"See the verdict: the rules that need the list are errors for the same reason."});const i=new Map(n.initramfs?.map(r=>[r.kernel,r.modules]));return{schemaVersion:1,...t,system:{name:n.osRelease?.ID??"",version:n.osRelease?.VERSION_ID??""},packages:n.packages.toSorted(jc).map(r=>Wc(r,e)),kernels:(n.kernels??[]).toSorted().map(r=>({version:r,initramfsModules:i.get(r)??[]})),units:Object.fromEntries([...n.units??[]].toSorted(([r],[a])=>Be(r,a))),repositories:(n.repositories??[]).map(({id:r,settings:a})=>({id:r,enabled:a.enabled!=="0",url:a.baseurl??a.mirrorlist??a.metalink??""})).toSorted((r,a)=>Be(r.id,a.id)),files:[...n.digests??[]].map(([r,a])=>({path:r,sha256:a,mode:n.paths?.get(r)?.mode??""})).toSorted((r,a)=>Be(r.path,a.path))}}o(Bc,"manifestOf");const H=u.YjP(),Hc=u._H3({schemaVersion:u.euz(1),recipe:u._H3({name:H,digest:H,layers:u.YOg(H)}),base:u._H3({url:H,sha256:H}),system:u._H3({name:H,version:H}),packages:u.YOg(u._H3({name:H,epoch:u.aig(),version:H,release:H,arch:H,source:H})),kernels:u.YOg(u._H3({version:H,initramfsModules:u.YOg(H)})),units:u.g1P(H,H),repositories:u.YOg(u._H3({id:H,enabled:u.zMY(),url:H})),files:u.YOg(u._H3({path:H,sha256:H,mode:H}))});function oh(e){try{return Hc.parse(JSON.parse(e))}catch(t){throw new UserError("MANIFEST_INVALID",`This is no manifest of an image: ${messageOf(t)}`,{mend:"Give a manifest.json written by the golden build or by `recipe verify --manifest`.",cause:t})}}o(oh,"parseManifest");function rh(e){const{recipe:t,base:n,...s}=e;return hashOf("sha256",canonicalJson(s))}o(rh,"contentDigest");function ah(e){return`${e.name}-${Kc(e)}.${e.arch}`}o(ah,"nevraOf");function Kc({epoch:e,version:t,release:n}){return`${e===0?"":`${e}:`}${t}-${n}`}o(Kc,"evrOf");function Wc(e,{values:t}){const{name:n,epoch:s,version:i,release:r,arch:a,source:c,signer:l}=e,d=t.packageReasons?.find(p=>p.package===`${n}.${a}`);return{name:n,epoch:s,version:i,release:r,arch:a,source:c,...l?{signer:l}:{},...d&&d.reason!=="unknown"?{reason:d.reason}:{},...d?.repository?{repository:d.repository}:{}}}o(Wc,"manifestPackage");function jc(e,t){return Be(e.name,t.name)||Be(e.arch,t.arch)||ss(e,t)}o(jc,"byNevra");function Be(e,t){return e<t?-1:e>t?1:0}o(Be,"order");class le{static{o(this,"Skip")}reason;constructor(t){this.reason=t}}class ve extends Error{static{o(this,"MissingFact")}constructor(t,n){super(`${t}: ${n}`),this.name="MissingFact"}}function m(e,t){const n=e.facts.values[t];if(n===void 0)throw new ve(t,e.facts.missing[t]??"not collected");return n}o(m,"need");function Ee(e,t){const n=m(e,"paths").get(t);if(!n)throw new ve("paths",`the probe did not look at ${t}`);return n}o(Ee,"needPath");function It(e,t){const n=m(e,"globs");return[...new Set(t.flatMap(s=>n.get(s)??[]))]}o(It,"matches");function Se(e,t){return It(e,t).map(n=>`${n} exists`)}o(Se,"existing");const Vc="c12a7328-f81f-11d2-ba4b-00a0c93ec93b",Yc="21686148-6449-6e6f-744e-656564454649",qc=1.15,Zc=.5;function He(e,t){const n=m(e,"mounts").find(i=>i.path===t)?.device;if(!n)return;const s=m(e,"filesystems").find(i=>i.device===n);if(!s)throw new ve("filesystems",`nothing is known of ${n}, mounted at ${t}`);return s}o(He,"mountedFilesystem");function Xc(e){const t=m(e,"imageInfo"),n=m(e,"imageCheck"),s=e.expectations.image.virtualSize,i=[];return t.format!=="qcow2"&&i.push(`the format is ${t.format}`),t.backingFile&&i.push(`it has a backing file: ${t.backingFile}`),t.corrupt&&i.push("its header says that it is corrupt"),n.errors+n.corruptions>0&&i.push(`qemu-img check: ${n.errors} errors, ${n.corruptions} corruptions`),n.leaks>0&&i.push(`qemu-img check: ${n.leaks} leaked clusters`),s!==void 0&&t.virtualSize<s&&i.push(`the disk has ${(0,U.z)(t.virtualSize)}, the recipe asks for ${(0,U.z)(s)}`),i}o(Xc,"checkImage");function Jc({outside:{digests:e}}){if(!e)throw new ve("digests","no digests of the finished file were given");const t=[];return/^[0-9a-f]{64}$/.test(e.sha256)||t.push(`"${e.sha256}" is no sha256`),/^[0-9a-f]{128}$/.test(e.sha512)||t.push(`"${e.sha512}" is no sha512`),e.sha512After!==void 0&&e.sha512After!==e.sha512&&t.push("the file changed between the bake and the end of the proof"),t}o(Jc,"checkDigests");function Qc(e){const t=m(e,"imageSize"),{virtualSize:n}=m(e,"imageInfo"),{compressedClusters:s}=m(e,"imageCheck"),i=e.expectations.image.maximumSize,r=e.outside.stable?.size,a=[];return i!==void 0&&t>i&&a.push(`${(0,U.z)(t)} exceed the budget of ${(0,U.z)(i)}`),r!==void 0&&t>r*qc&&a.push(`${(0,U.z)(t)} are more than 15 % above the ${(0,U.z)(r)} of the image in use`),s===0&&t>n*Zc&&a.push(`neither compressed nor sparse: ${(0,U.z)(t)} of ${(0,U.z)(n)}`),a}o(Qc,"checkSize");function el(e){const t=m(e,"filesystemChecks"),s=m(e,"mounts").filter(i=>!t.some(r=>r.device===i.device));return[...t.filter(i=>i.status!==0).map(i=>`${i.device} (${i.type}) is not clean: status ${i.status}`),...s.map(i=>`${i.device}, mounted at ${i.path}, has a type that cannot be checked`)]}o(el,"checkFilesystems");function tl(e){const t=m(e,"partitionTable"),s=m(e,"filesystems").filter(c=>c.partitionType!==void 0),i=He(e,"/"),r=s.toSorted((c,l)=>(c.offset??0)-(l.offset??0)).at(-1),a=[];return t!=="gpt"&&a.push(`the partition table is ${t}, not gpt`),s.some(c=>c.partitionType===Vc)||a.push("there is no EFI system partition"),s.some(c=>c.partitionType===Yc)||a.push("there is no BIOS boot partition"),i?.device!==r?.device&&a.push(`/ is on ${i?.device??"nothing"}, but ${r?.device??"nothing"} is last: growpart cannot grow it`),[...a,...m(e,"physicalVolumes").map(c=>`${c} is an LVM physical volume`)]}o(tl,"checkPartitions");function nl(e){const t=m(e,"freeSpace").find(i=>i.path==="/");if(!t)throw new ve("freeSpace","df did not name /");const n=Math.floor(100*t.available/t.kilobytes),s=e.expectations.image.minimumFreePercent;return n<s?[`${n} % of / are free, ${s} % are asked for`]:[]}o(nl,"checkFreeSpace");const sl=[{id:"ART-1",severity:"must",title:"The qcow2 file is sound",trace:"original build guide \xA72; kola build-validate",expected:"qcow2 without backing file, clean for qemu-img check, at least as large as declared",mend:"Bake again; if it recurs, look at the storage of the builder and at the compress phase.",check:Xc},{id:"ART-2",severity:"must",title:"Its digests are recorded and still hold after the proof",trace:"VirtualMachineImage spec.checksum; osism/k8s-capi-images#339",expected:"sha256 and sha512; the same when measured again",mend:"Discard the file: something wrote to it after it was finished.",check:Jc},{id:"ART-3",severity:"should",title:"Its size stays within bounds",trace:'original build guide "1.5\u20132 GB compressed"',expected:"within the recipe\u2019s budget, at most 15 % above the image in use, compressed or sparse",mend:"Compare the manifests for what was added; bake with compression; or raise image.maximumSize.",check:Qc},{id:"ART-4",severity:"must",title:"Every filesystem is clean",trace:"coreos-assembler gf-fsck; Rocky kickstart partition layout",expected:"fsck and xfs_repair -n find nothing to repair",mend:"Bake again: the image was not unmounted in order.",check:el},{id:"ART-5",severity:"must",title:"The partitions boot under UEFI and BIOS and can grow",trace:"Rocky-9-GenericCloud-Base.ks; platform architecture EFI boot",expected:"GPT with ESP and BIOS boot partition, / on the last partition, no LVM",mend:"Use the GenericCloud-Base image as base, not the LVM variant.",check:tl},{id:"ART-6",severity:"should",title:"There is room on /",trace:"facts/golden-images.md \xA74.1",expected:"at least the recipe\u2019s minimumFreePercent of / free",mend:"Raise image.virtualSize or bake less into the image.",check:nl}],is=/^guestfs/,il=/^console=(tty0|ttyS0(,\S+)?)$/,os=/^(none|tmpfs|proc|sysfs|devpts|debugfs|hugetlbfs)$/;function Je(e){return e.options.filter(t=>!t.startsWith("$"))}o(Je,"argumentsOf");function ol(e){return/rescue/.test(e.id)}o(ol,"isRescue");function rl(e,t){return m(e,"mounts").some(s=>s.path==="/boot")?`/boot${t}`:t}o(rl,"imagePath");function Rt(e,t){return e===t||!t.includes("=")&&e.split("=")[0]===t}o(Rt,"isArgument");function rs(e,t){return e.some(n=>Rt(n,t)||n.startsWith(`${t},`))}o(rs,"hasRequired");function as(e,t){const[n,s]=e.replaceAll('"',"").split(/=(.*)/s),{uuid:i,label:r,partitionUuid:a,partitionLabel:c,device:l}=t,d={UUID:i,LABEL:r,PARTUUID:a,PARTLABEL:c}[n];return s===void 0?e===l:d!==void 0&&d.toLowerCase()===s.toLowerCase()}o(as,"refersTo");function al(e,t){const n=new Set(m(e,"bootFiles").map(d=>d.path)),{forbidden:s}=e.expectations.kernelCommandLine,i=He(e,"/"),r=Je(t),a=[t.linux,...t.initrd].filter(d=>d!==void 0&&!d.startsWith("$")),c=r.filter(d=>d.startsWith("root=")),l=r.filter(d=>is.test(d)||s.some(p=>Rt(d,p))||d.startsWith("console=")&&!il.test(d));return[...t.linux?[]:["names no kernel"],...t.initrd.length>0?[]:["names no initramfs"],...a.filter(d=>!n.has(rl(e,d))).map(d=>`names ${d}, which does not exist`),...c.length===1&&i&&as(c[0].slice(5),i)?[]:[`${c.join(" ")||"no root="} does not mean the root filesystem, UUID ${i?.uuid??"unknown"}`],...r.includes("ro")?[]:["lacks ro"],...l.filter(d=>!/^systemd\.machine_id/.test(d)).map(d=>`has ${d}`)].map(d=>`${t.id}: ${d}`)}o(al,"entryFaults");function cl(e){const t=m(e,"bootEntries");return t.length===0?["there is no boot loader entry"]:t.flatMap(n=>al(e,n))}o(cl,"checkEntries");function ll(e){const{required:t}=e.expectations.kernelCommandLine;return m(e,"bootEntries").flatMap(n=>t.filter(s=>!rs(Je(n),s)).map(s=>`${n.id} lacks ${s}`))}o(ll,"checkRequired");function dl(e){const t=m(e,"bootConfiguration"),n=m(e,"bootEntries"),{required:s,forbidden:i}=e.expectations.kernelCommandLine,r=t.find(d=>d.path==="/etc/kernel/cmdline")?.lines.join(" ");if(r===void 0)return["/etc/kernel/cmdline does not exist: the next kernel takes the running one\u2019s arguments"];const a=St(r),c=t.find(d=>d.path==="/etc/default/grub"),l=St(Fe(c?.lines??[]).GRUB_CMDLINE_LINUX??"");return[...n.filter(d=>!ul(Je(d),a)).map(d=>`${d.id} has other options than /etc/kernel/cmdline`),...c?[]:["/etc/default/grub does not exist"],...s.filter(d=>c&&!rs(l,d)).map(d=>`/etc/default/grub lacks ${d}`),...l.filter(d=>is.test(d)||i.some(p=>Rt(d,p))).map(d=>`/etc/default/grub has ${d}`)]}o(dl,"checkCommandLine");function ul(e,t){const n=o(s=>[...new Set(s.filter(i=>!i.startsWith("$")))].sort().join(`
`),"key");return n(e)===n(t)}o(ul,"sameArguments");function fl(e){const t=m(e,"bootEntries").filter(c=>!ol(c)),n=m(e,"kernels"),s=m(e,"bootConfiguration").find(c=>c.path==="/boot/grub2/grubenv"),i=Fe(s?.lines??[]).saved_entry,r=t.toSorted((c,l)=>Tt(c.version??"",l.version??"")).at(-1),a=o(c=>t.filter(l=>l.version===c).length,"perKernel");return[...i===r?.id?[]:[`saved_entry is ${i??"not set"}, the newest entry is ${r?.id??"none"}`],...n.filter(c=>a(c)!==1).map(c=>`${c} has ${a(c)} entries`),...t.filter(c=>!n.includes(c.version??"")).map(c=>`${c.id} is of no installed kernel`)]}o(fl,"checkDefault");function hl(e){const t=m(e,"bootFiles").map(a=>a.path.toLowerCase()),n=m(e,"espConfiguration"),s=He(e,"/boot")??He(e,"/"),i=o(a=>t.some(c=>a.test(c)),"has"),r=n.filter(a=>!a.lines.some(c=>/--fs-uuid/.test(c)&&c.includes(s?.uuid??"?")));return[...i(/^\/boot\/efi\/efi\/.*\/shim(x64)?\.efi$/)?[]:["the ESP has no shim"],...i(/^\/boot\/efi\/efi\/.*\/grubx64\.efi$/)?[]:["the ESP has no GRUB"],...n.length>0?[]:["the ESP has no grub.cfg"],...r.map(a=>`${a.path} does not search ${s?.uuid??"the boot filesystem"}`)]}o(hl,"checkEsp");function ml(e){const t=m(e,"bootEntries").map(s=>({where:s.id,all:Je(s)})),n=m(e,"bootConfiguration").filter(s=>s.path!=="/etc/fstab").map(s=>({where:s.path,all:s.lines.flatMap(i=>i.split(/[\s"]+/))}));return[...t,...n].filter(({all:s})=>s.some(i=>i.startsWith("systemd.machine_id="))).map(({where:s})=>`${s} has systemd.machine_id`)}o(ml,"checkMachineIdArgument");function pl(e,t){const n=m(e,"packages").find(i=>i.name==="kernel-core"&&`${i.version}-${i.release}.${i.arch}`===t),s=m(e,"bootFiles").find(i=>i.path===`/boot/vmlinuz-${t}`);return n?.installed??s?.modified??0}o(pl,"kernelTime");function gl(e,t,n){const s=He(e,"/")?.type,i=[...e.expectations.initramfs.drivers,...s==="xfs"||s==="ext4"?[s]:[]],r=new Map(m(e,"drivers").filter(l=>l.kernel===t).map(l=>[l.module,l.kind])),a=new Set(n.modules);return[...(m(e,"bootFiles").find(l=>l.path===n.path)?.modified??0)<pl(e,t)?[`${n.path} is older than its kernel`]:[],...i.map(l=>l.replaceAll("-","_")).filter(l=>!a.has(l)&&r.get(l)!=="builtin").map(l=>r.get(l)==="file"?`${n.path} lacks ${l}`:`${t} has no driver ${l}`),...n.hostOnly.map(l=>`${n.path} was built for one machine: ${l}`)]}o(gl,"initramfsFaults");function $l(e){const t=m(e,"initramfs"),n=m(e,"kernels");return n.length===0?["there is no kernel"]:n.flatMap(s=>{const i=t.find(r=>r.kernel===s);return i?gl(e,s,i):[`${s} has no initramfs`]})}o($l,"checkInitramfs");function wl(e){const t=m(e,"filesystems"),s=(m(e,"bootConfiguration").find(i=>i.path==="/etc/fstab")?.lines??[]).filter(i=>!/^\s*(#|$)/.test(i)).map(i=>i.trim().split(/\s+/));return s.length===0?["/etc/fstab is missing or empty"]:s.flatMap(([i="",r="",a=""])=>a==="swap"?[`${i} is swap`]:os.test(i)||os.test(a)?[]:t.some(c=>as(i,c))?[]:[`${i} for ${r} does not exist`])}o(wl,"checkFstab");function kl(e){const t=m(e,"kernelModules");if(t.length===0&&e.expectations.kernelModules.length===0)return new le("no module is loaded at boot");const n=m(e,"kernels"),s=e.expectations.kernelModules.map(i=>i.replaceAll("-","_")).flatMap(i=>n.map(r=>({kernel:r,module:i}))).filter(({kernel:i,module:r})=>!t.some(a=>a.kernel===i&&a.module===r));return[...t.filter(i=>i.kind==="absent").map(i=>`${i.kernel} has no module ${i.module}`),...s.map(({kernel:i,module:r})=>`${i}: ${r} was not looked for`)]}o(kl,"checkModules");const bl=[{id:"BLS-1",severity:"must",title:"Boot entries are those of the image, not of its build",trace:'original build guide "GRUB Boot Loader Fix"; D18',expected:"kernel and initramfs exist, root= is the root filesystem, ro, no forbidden argument, consoles tty0 and ttyS0",mend:"Write /etc/kernel/cmdline before the first package is installed; keep the fixing step last.",check:cl},{id:"BLS-2",severity:"must",title:"Every entry has the required arguments",trace:"original build guide; Rocky kickstart bootloader line",expected:"kernel-command-line.required on every entry",mend:"Look at the step that fixes boot entries.",check:ll},{id:"BLS-3",severity:"must",title:"Future kernels get the same command line",trace:"kernel-install reads /etc/kernel/cmdline before /proc/cmdline",expected:"/etc/kernel/cmdline equals the options of the entries; /etc/default/grub agrees",mend:"Let one step write all three from the recipe.",check:dl},{id:"BLS-4",severity:"must",title:"The newest kernel is the default, each kernel has one entry",trace:"dnf update adds entries",expected:"saved_entry names the newest entry; one entry per kernel besides a rescue entry",mend:"Set it with grub2-editenv; remove entries of kernels that are gone.",check:fl},{id:"BLS-5",severity:"must",title:"UEFI firmware finds the boot loader",trace:"platform architecture EFI boot",expected:"shim and GRUB on the ESP; its grub.cfg searches the filesystem that holds /boot",mend:"Do not change filesystem UUIDs (virt-sysprep fs-uuids) after the base image was made.",check:hl},{id:"BLS-6",severity:"must",title:"No machine id on the kernel command line",trace:"systemd\u2019s kernel-install adds it to entries named by machine id; D17",expected:"no systemd.machine_id= in entries, /etc/kernel/cmdline, grub settings",mend:"Remove it: every node would have the same machine id.",check:ml},{id:"INI-1",severity:"must",title:"Every kernel has a generic initramfs with the drivers",trace:"original build guide dracut section; D19",expected:"newer than its kernel; initramfs.drivers and the root filesystem\u2019s driver in it or built in; no host-only traces",mend:"Rebuild with dracut --no-hostonly after the last package for every installed kernel.",check:$l},{id:"INI-2",severity:"must",title:"Everything in fstab exists, and there is no swap",trace:"kubelet refuses swap by default",expected:"each UUID or label of /etc/fstab on this disk; no swap",mend:"Correct /etc/fstab in the recipe.",check:wl},{id:"INI-3",severity:"should",title:"Modules to be loaded at boot exist for every kernel",trace:"overlay, br_netfilter",expected:"each name in modules-load.d is a module of every kernel or built in",mend:"Install kernel-modules, or remove the name from kernel-modules.",check:kl}];function cs(e){const t=new Map;let n="";for(const s of e){const i=s.trim(),r=/^:(\S+)\s+(\S+)/.exec(i),a=/^(?:\[\d+:\d+\]\s+)?-A\s+(\S+)\s*(.*)$/.exec(i);if(!(i===""||i.startsWith("#")||i==="COMMIT"))if(i.startsWith("*"))n=i.slice(1);else if(r)t.set(`${n}/${r[1]}`,{policy:r[2],rules:[]});else if(a&&t.has(`${n}/${a[1]}`))t.get(`${n}/${a[1]}`).rules.push(a[2].replace(/\s+/g," "));else throw new Error(`"${i}" is no line that iptables-restore accepts here`)}return t}o(cs,"parseIptables");function yl(e,t){return[...new Set([...t.keys(),...e.keys()])].flatMap(s=>{const[i,r]=[e.get(s),t.get(s)];return i?r?vl(s,i,r):[`chain ${s} is additional`]:[`chain ${s} is missing`]})}o(yl,"differences");function vl(e,t,n){const s=o(r=>r.rules.slice(0,r.rules.findIndex(a=>/ESTABLISHED/.test(a))+1),"early"),i=s(t).filter(r=>n.rules.includes(r)&&!s(n).includes(r));return[...t.policy===n.policy?[]:[`policy of ${e} is ${t.policy}, not ${n.policy}`],...n.rules.filter(r=>!t.rules.includes(r)).map(r=>`${e} lacks: ${r}`),...t.rules.filter(r=>!n.rules.includes(r)).map(r=>`${e} has: ${r}`),...i.map(r=>`${e}: "${r}" stands before the rule for established connections`)]}o(vl,"chainDifferences");const El=["/etc/sysctl.d/","/usr/local/lib/sysctl.d/","/usr/lib/sysctl.d/"];function Sl(e,t){let n,s;for(const{path:i,lines:r}of Tl(e))for(const a of r){const c=/^\s*-?\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(a);if(!c)continue;const l=c[1].replaceAll("/","."),d={value:c[2].replace(/\s+/g," "),path:i};l===t?n=d:l.includes("*")&&Il(l).test(t)&&(s=d)}return n??s}o(Sl,"effectiveSysctl");function Tl(e){const t=o(a=>a.replace(/^.*\//,""),"name"),n=o(a=>El.findIndex(c=>a.startsWith(c)),"rank"),s=e.filter(a=>n(a.path)>=0);return[...s.filter(a=>!s.some(c=>t(c.path)===t(a.path)&&n(c.path)<n(a.path))).toSorted((a,c)=>t(a.path)<t(c.path)?-1:1),...e.filter(a=>a.path==="/etc/sysctl.conf")]}o(Tl,"ordered");function Il(e){return new RegExp(`^${e.replaceAll(".","\\.").replaceAll("*","[^.]*")}$`)}o(Il,"patternOf");const Rl=["/etc/sysconfig/iptables","/etc/sysconfig/ip6tables"],ls="/etc/NetworkManager/dispatcher.d/",ds=["cilium*","lxc*","cali*","flannel*"],_l=/^\/(tmp|var\/tmp|var\/cache|root\/\.|home\/)|^\/root\/\.ssh/;function _t(e,t){const n=Ee(e,t.path);if(n.kind==="absent")return[`${t.path} does not exist`];if(n.kind!=="file")return[`${t.path} is no regular file`];const s=[];return n.mode!==t.mode&&s.push(`${t.path} has mode ${n.mode}, not ${t.mode}`),(n.owner!==t.owner||n.group!==t.group)&&s.push(`${t.path} belongs to ${n.owner}:${n.group}, not ${t.owner}:${t.group}`),s}o(_t,"stateFaults");function us(e,t){if(Ee(e,t.path).kind!=="file")return[];const n=m(e,"digests").get(t.path);if(!n)throw new ve("digests",`${t.path} was not hashed`);return n===t.sha256?[]:[`${t.path} was changed after it was written`]}o(us,"contentFaults");function fs(e,t,n){if(n===void 0)return new le("the recipe does not manage a packet filter");const s=e.expectations.files.find(a=>a.path===t),i=s?_t(e,s):[],r=m(e,"firewall").find(a=>a.path===t);if(!r)return[`${t} does not exist`];try{const a=cs(r.lines),c=a.get("filter/INPUT")?.policy,l=c==="DROP"?[]:[`INPUT is ${c??"not set"} by default, not DROP`];return[...i,...new Set([...l,...yl(a,cs(n.split(`
`)))])]}catch(a){return[...i,`${t}: ${a.message}`]}}o(fs,"checkFirewall");function Al(e){const t=Object.entries(e.expectations.sysctls);if(t.length===0)return new le("the recipe sets no sysctl");const n=m(e,"sysctls");return t.flatMap(([s,i])=>{const r=Sl(n,s);return r?r.value===i?[]:[`${s} is ${r.value} by ${r.path}, not ${i}`]:[`${s} is not set`]})}o(Al,"checkSysctls");function xl(e){const t=e.expectations.files.filter(n=>n.path.startsWith(ls));return t.length===0?new le("the recipe has no dispatcher script"):t.flatMap(n=>[..._t(e,n),...us(e,n),...Ol(n.mode)?[]:[`${n.path}: NetworkManager refuses mode ${n.mode}`]])}o(xl,"checkDispatcher");function Ol(e){const t=Number.parseInt(e,8);return(t&3090)===0&&(t&64)!==0}o(Ol,"isRunnable");function Nl(e){const n=m(e,"networkManager").flatMap(i=>i.lines).filter(i=>/^\s*unmanaged-devices\s*\+?=/.test(i)).join(";");return n===""?["no unmanaged-devices: NetworkManager takes the interfaces of the CNI for its own"]:ds.some(i=>n.includes(`interface-name:${i}`))?[]:[`unmanaged-devices names none of ${ds.join(", ")}`]}o(Nl,"checkUnmanaged");function Ll(e){const{directories:t}=e.expectations;if(t.length===0)return new le("the recipe makes no directory");const n=m(e,"directoryEntries");return t.flatMap(s=>{const i=Ee(e,s.path);if(i.kind!=="directory")return[`${s.path} does not exist`];const r=n.get(s.path)??0;return[...i.mode===s.mode?[]:[`${s.path} has mode ${i.mode}, not ${s.mode}`],...i.owner===s.owner&&i.group===s.group?[]:[`${s.path} belongs to ${i.owner}:${i.group}`],...s.empty&&r>0?[`${s.path} holds ${r} entries`]:[]]})}o(Ll,"checkDirectories");function Pl(e){const t=new Set(e.expectations.files.map(n=>n.path));return Se(e,me["CFG-7"]).filter(n=>!t.has(n.replace(/ exists$/,"")))}o(Pl,"checkNodeIdentity");function Cl(e){const t=m(e,"goldenRelease")[0];if(!t)return["/etc/golden-release does not exist"];const{recipe:n}=e.expectations,s=Object.entries(Fe(t.lines)).find(([i])=>/(^|_)RECIPE$/.test(i))?.[1];return s===n.name?[]:[`it names the recipe ${s??"(none)"}, not ${n.name}`]}o(Cl,"checkRelease");function Ml(e){const{certificates:t}=e.expectations;if(t.length===0)return new le("the recipe adds no certificate");const n=m(e,"certificates"),s=["anchor","bundle"];return t.flatMap(({name:i,sha256:r})=>s.filter(a=>!n.some(c=>c.place===a&&c.sha256===r.toLowerCase())).map(a=>a==="anchor"?`${i} is no trust anchor`:`${i} is not in the extracted bundle`))}o(Ml,"checkCertificates");function Dl(e){const{files:t,sealing:n}=e.expectations,s=t.filter(a=>!a.path.startsWith(ls)),i=new Set(It(e,Object.values(me).flat())),r=It(e,n.removed).filter(a=>!i.has(a)&&!_l.test(a));return[...s.flatMap(a=>Ul(e,a)),...r.map(a=>`${a} exists, sealing should have removed it`),...n.emptied.filter(a=>a!=="/etc/machine-id").flatMap(a=>zl(e,a))]}o(Dl,"checkWritten");function Ul(e,t){return[...Rl.includes(t.path)?[]:_t(e,t),...us(e,t)]}o(Ul,"writtenFaults");function zl(e,t){const n=Ee(e,t);return n.kind==="absent"?[`${t} does not exist, it should be empty`]:n.size===0?[]:[`${t} holds ${n.size} bytes, it should be empty`]}o(zl,"emptiedFaults");const Gl=[{id:"CFG-1",severity:"must",title:"The IPv4 packet filter is that of the recipe",trace:"original build guide \xA72; D1\u2013D4, D6",expected:"/etc/sysconfig/iptables: 0600 root:root, parses, INPUT DROP, the rules of the port model",mend:"Nothing but the recipe may write this file; look for a package or command that saved rules.",check:o(e=>fs(e,"/etc/sysconfig/iptables",e.expectations.firewall?.ipv4),"check")},{id:"CFG-2",severity:"must",title:"The IPv6 packet filter is that of the recipe",trace:"D5: the base image enables IPv6",expected:"/etc/sysconfig/ip6tables: the same for IPv6",mend:"Nothing but the recipe may write this file.",check:o(e=>fs(e,"/etc/sysconfig/ip6tables",e.expectations.firewall?.ipv6),"check")},{id:"CFG-3",severity:"must",title:"Every sysctl of the recipe takes effect",trace:"original build guide, platform architecture \xA74 (ARP with two interfaces)",expected:"the recipe\u2019s value is the last one that boot reads",mend:"Give the drop-in a later name than the file that overrides it, or remove that file.",check:Al},{id:"CFG-4",severity:"must",title:"NetworkManager will run the dispatcher script",trace:"NetworkManager-dispatcher(8)",expected:"regular file of root, 0755, not writable for others, the recipe\u2019s content",mend:"Bake it through files: with mode 0755.",check:xl},{id:"CFG-5",severity:"should",title:"NetworkManager leaves the interfaces of the CNI alone",trace:"RKE2 known issues; D31",expected:"unmanaged-devices names those of Cilium, Calico or Flannel",mend:"Bake a drop-in below /etc/NetworkManager/conf.d.",check:Nl},{id:"CFG-6",severity:"must",title:"The directories of the recipe are as declared",trace:"original build guide; rke2-selinux file contexts; D44",expected:"mode, owner and emptiness of directories:",mend:"Look for a later step or package that changes them.",check:Ll},{id:"CFG-7",severity:"must",title:"The image is no node yet",trace:"node identity",expected:"no RKE2 or k3s configuration, token, certificate or database unless declared",mend:"Remove it: each node gets its own from user data or from Rancher.",check:Pl},{id:"CFG-8",severity:"must",title:"The image says what it is",trace:"image-builder-release; D26",expected:"/etc/golden-release names the recipe",mend:"Keep the release section in the recipe.",check:Cl},{id:"CFG-9",severity:"must",title:"The private CA is trusted",trace:"original build guide \xA77",expected:"each certificate among the anchors and in the extracted bundle",mend:"Run update-ca-trust after the anchor was copied.",check:Ml},{id:"CFG-10",severity:"must",title:"What the recipe wrote is unchanged, what it removed is gone",trace:"facts/golden-images.md \xA74.5",expected:"digest, mode and owner of every file; nothing left of sealing.removed; sealing.emptied empty",mend:"Look for a step that ran later and touched the file.",check:Dl}],hs=50*1024,Fl=["/var/log/wtmp","/var/log/btmp","/var/log/lastlog"],Bl=[/^Defaults\b/,/^root\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^%(wheel|sudo)\s+ALL=\(ALL(:ALL)?\)\s+ALL$/,/^[@#]includedir\s/],Hl=/^\s*nameserver\s+(169\.254\.2\.3|10\.0\.2\.3)\b/;function Qe({expectations:e},t){return e.files.some(n=>n.path===t)}o(Qe,"declared");function Kl(e){const t=Ee(e,"/etc/machine-id"),n=Ee(e,"/var/lib/dbus/machine-id");if(t.kind!=="file")return["/etc/machine-id is no regular file: a boot would count as the first one"];const s=[];return t.size>0&&s.push(`/etc/machine-id holds ${t.size} bytes`),t.mode!=="0444"&&s.push(`/etc/machine-id has mode ${t.mode}`),`${t.owner}:${t.group}`!="root:root"&&s.push(`/etc/machine-id belongs to ${t.owner}:${t.group}`),n.kind!=="absent"&&n.kind!=="link"&&s.push("/var/lib/dbus/machine-id is a file of its own"),s}o(Kl,"checkMachineId");function Wl(e){const t=m(e,"homeFiles").filter(s=>/\/\.ssh\/(authorized_keys|id_)/.test(s.path)),n=m(e,"secrets").filter(s=>s.kind==="private-key");return[...t.filter(s=>!Qe(e,s.path)).map(s=>`${s.path} exists`),...n.filter(s=>!jl(s.path)&&!Qe(e,s.path)).map(s=>`${s.path} holds a private key`)]}o(Wl,"checkKeys");function jl(e){return/^\/etc\/ssh\/ssh_host_/.test(e)}o(jl,"isHostKey");function Vl(e){return[...Se(e,me["HYG-5"]),...m(e,"networkIdentity").map(t=>`${t} names a MAC address or connection UUID`)]}o(Vl,"checkNetworkProfiles");function Yl(e){return m(e,"temporaryFiles").map(t=>`${t} exists`)}o(Yl,"checkTemporaryFiles");function ql(e){const t=m(e,"homeFiles").filter(i=>i.path.endsWith("_history")&&i.size>0),n=Fl.filter(i=>Ee(e,i).size>0),s=m(e,"logKilobytes");return[...Se(e,me["HYG-8"]),...t.map(i=>`${i.path} exists`),...n.map(i=>`${i} is not empty`),...s>hs?[`/var/log holds ${s} KiB, the limit is ${hs}`]:[]]}o(ql,"checkTraces");function Zl(e){const t=m(e,"accounts"),n=m(e,"sudo").filter(s=>!Qe(e,s.path));return[...t.filter(s=>s.password!=="locked").map(s=>s.password==="set"?`${s.name} has a password`:`${s.name} needs no password`),...t.filter(s=>s.uid===0&&s.name!=="root").map(s=>`${s.name} has UID 0`),...n.flatMap(s=>s.lines.map(i=>i.trim()).filter(i=>!Bl.some(r=>r.test(i))).map(i=>`${s.path} grants: ${i}`))]}o(Zl,"checkAccounts");function Xl(e){const t=m(e,"homeFiles").filter(s=>!/\/\.ssh\/|_history$/.test(s.path)),n=m(e,"secrets").filter(s=>s.kind!=="private-key");return[...t.map(s=>`${s.path} exists`),...n.filter(s=>!Qe(e,s.path)).map(s=>`${s.path}: ${s.kind}`)]}o(Xl,"checkSecrets");function Jl(e){const t=m(e,"databaseErrors");return[...Se(e,me["HYG-11"]),...m(e,"packageCache").map(n=>`${n} is cached`),...t?[`rpm --verifydb: ${t.split(`
`)[0]}`]:[]]}o(Jl,"checkPackageLeftovers");function Ql(e){const t=m(e,"hostNames"),n=o(i=>t.find(r=>r.path===i)?.lines.filter(r=>!/^\s*(#|$)/.test(r))??[],"linesOf"),s=n("/etc/hostname")[0]?.trim()??"";return[...["","localhost","localhost.localdomain","(none)"].includes(s)?[]:[`/etc/hostname names ${s}`],...n("/etc/hosts").filter(i=>!/^\s*(127\.|::1|ff0|fe00)/.test(i)).map(i=>`/etc/hosts names ${i.trim()}`),...n("/etc/resolv.conf").filter(i=>Hl.test(i)).map(i=>`/etc/resolv.conf is the build appliance\u2019s: ${i.trim()}`)]}o(Ql,"checkHostNames");const ed=[{id:"HYG-1",severity:"must",title:"The machine id is empty",trace:"original build guide operation 26; systemd machine-id(5); D16",expected:"/etc/machine-id: empty file, 0444 root:root; /var/lib/dbus/machine-id absent or a link to it",mend:'Truncate it as the last step; "uninitialized" or a missing file would make systemd apply presets at first boot.',check:Kl},{id:"HYG-2",severity:"must",title:"There are no SSH host keys",trace:"original build guide operation 27",expected:"nothing matches /etc/ssh/ssh_host_*",mend:"Delete them while sealing: every node would have the same keys.",check:o(e=>Se(e,me["HYG-2"]),"check")},{id:"HYG-3",severity:"must",title:"There are no authorised or private keys",trace:"original image plan phase 9",expected:"no authorized_keys or id_* in any home; no private key outside packages",mend:"Remove the file in the recipe\u2019s sealing, or declare it under files if it belongs there.",check:Wl},{id:"HYG-4",severity:"must",title:"cloud-init will run as on a new machine",trace:"original image plan; image-builder goss hygiene",expected:"no instance data, logs or cloud-init.disabled",mend:"Run cloud-init clean --logs as the last step of the recipe.",check:o(e=>Se(e,me["HYG-4"]),"check")},{id:"HYG-5",severity:"must",title:"No network profile of the build is left",trace:"cloud-init clean --configs; image-builder redhat sysprep; D29",expected:"no profile rendered by cloud-init; no HWADDR or UUID in ifcfg files",mend:"Remove the profile while sealing.",check:Vl},{id:"HYG-6",severity:"should",title:"No random seed is shared by all clones",trace:"systemd BUILDING_IMAGES; virt-customize writes a seed",expected:"no random-seed or credential.secret",mend:"Delete it in sealing.removed.",check:o(e=>Se(e,me["HYG-6"]),"check")},{id:"HYG-7",severity:"should",title:"The temporary folders are empty",trace:"virt-customize logs to /tmp/builder.log",expected:"nothing in /tmp and /var/tmp",mend:"Run virt-customize with --no-logfile and empty both folders while sealing.",check:Yl},{id:"HYG-8",severity:"should",title:"No histories, dumps and logs are left",trace:"original image plan; image-builder goss hygiene",expected:"no shell history, kickstart file or core dump; empty login records; /var/log at most 50 MiB",mend:"Remove or truncate them while sealing.",check:ql},{id:"HYG-9",severity:"must",title:"Nobody can log in with a password",trace:"Rocky kickstart; GCE cloud-image-tests",expected:"all passwords locked, one account with UID 0, no additional sudo grants",mend:"Lock the account; grants come with the user data of a node, or are declared under files.",check:Zl},{id:"HYG-10",severity:"must",title:"There are no secrets",trace:"facts/golden-images.md \xA74.2 secrets hygiene",expected:"no token, registry credential, kubeconfig, Terraform state or proxy setting",mend:"Remove it; what a node needs of it comes with its user data. Declare a wanted proxy under files.",check:Xl},{id:"HYG-11",severity:"should",title:"The package cache is empty and the package database sound",trace:"original build guide operations 24\u201325",expected:"no cached packages, no stale locks, rpm --verifydb succeeds",mend:"Run dnf clean all last; a broken database needs a new bake.",check:Jl},{id:"HYG-12",severity:"must",title:"The image has no name and no resolver of its own",trace:"image-builder sysprep; virt-customize swaps resolv.conf",expected:"empty or generic hostname, loopback-only hosts, not the appliance\u2019s resolv.conf",mend:"Truncate /etc/hostname and /etc/resolv.conf while sealing.",check:Ql}],ms="2.191",td=2,nd=new Set(["c","g","d","l","r","n"]),sd=/^\/(var\/(cache|log|tmp|lib\/cloud|lib\/dnf|lib\/systemd\/random-seed)|tmp|run)(\/|$)/;function et(e){return/^(1|yes|true|on)$/i.test(e.settings.enabled??"1")}o(et,"isEnabled");function od(e){return/^(1|yes|true|on)$/i.test(e??"")}o(od,"isOn");function rd(e){const t=new Set(m(e,"packages").map(n=>n.name));return e.expectations.packages.present.filter(n=>!t.has(n)).map(n=>`${n} is not installed`)}o(rd,"checkPresent");function ad(e){const t=m(e,"packages"),n=new Set(e.expectations.packages.absent);return t.filter(s=>n.has(s.name)).map(s=>`${tt(s)} is installed`)}o(ad,"checkAbsent");function tt(e){const t=e.epoch===0?"":`${e.epoch}:`;return`${e.name}-${t}${e.version}-${e.release}.${e.arch}`}o(tt,"nevra");function cd(e){const{signers:t}=e.expectations.packages,n=new Set(t.map(i=>i.toLowerCase().slice(-16))),s=m(e,"packages");return[...s.filter(i=>!i.signer).map(i=>`${tt(i)} is not signed`),...s.filter(i=>i.signer&&n.size>0&&!n.has(i.signer)).map(i=>`${tt(i)} is signed by ${i.signer}`),...m(e,"packageVerify").filter(i=>!ld(e,i)).map(i=>`${i.path} differs from its package: ${i.what}`)]}o(cd,"checkSignatures");function ld({expectations:e},t){const n=[...e.files,...e.directories].some(i=>i.path===t.path),s=e.sealing.emptied.includes(t.path)||sd.test(t.path);return n||s||nd.has(t.attribute)}o(ld,"isExpectedChange");function dd(e){const t=m(e,"repositories"),n=new Set(m(e,"repositoryKeys")),s=e.expectations.repositories;return[...t.filter(et).flatMap(i=>ud(i,n)),...s.flatMap(({id:i,enabled:r})=>{const a=t.find(c=>c.id===i);return a?et(a)===r?[]:[`${i} is ${r?"disabled":"enabled"}`]:[`${i} is not configured`]}),...t.filter(i=>et(i)&&/^(rancher|rke2|k3s|epel)/i.test(i.id)).filter(i=>!s.some(({id:r,enabled:a})=>r===i.id&&a)).map(i=>`${i.id} is enabled`)].filter((i,r,a)=>a.indexOf(i)===r)}o(dd,"checkRepositories");function ud({id:e,settings:t},n){if(!od(t.gpgcheck))return[`${e} has no gpgcheck=1`];const s=(t.gpgkey??"").split(/[\s,]+/).filter(a=>a!=="");if(s.length===0)return[`${e} names no gpgkey`];const i=s.filter(a=>!a.startsWith("file://")),r=s.filter(a=>a.startsWith("file://")&&a.startsWith("file:///etc/pki/rpm-gpg/"));return[...i.map(a=>`${e} takes its key from ${new URL(a,"https://invalid").host}`),...r.map(a=>a.slice(7)).filter(a=>!a.includes("$")&&!n.has(a)).map(a=>`${e} names the key ${a}, which does not exist`)]}o(ud,"repositoryFaults");function fd(e){const{allowedHosts:t}=e.expectations;return t?m(e,"repositories").filter(et).flatMap(n=>hd(n).map(s=>({id:n.id,host:s}))).filter(({host:n})=>!t.includes(n)).map(({id:n,host:s})=>`${n} uses ${s}`):new le("only an air-gapped recipe limits the hosts")}o(fd,"checkHosts");function hd({settings:e}){return[e.baseurl,e.mirrorlist,e.metalink].flatMap(n=>n?.split(/[\s,]+/)??[]).filter(n=>URL.canParse(n)).map(n=>new URL(n).hostname)}o(hd,"repositoryHosts");function md(e){const t=m(e,"packages"),n=m(e,"kernels"),s=new Set(e.expectations.packages.present),i=t.filter(r=>/^kernel(-rt)?-debug(-core)?$/.test(r.name)||r.name==="linux-firmware");return[...n.length===0?["there is no kernel"]:[],...n.length>td?[`${n.length} kernels: ${n.join(", ")}`]:[],...i.filter(r=>!s.has(r.name)).map(r=>`${tt(r)} is installed`)]}o(md,"checkKernels");function pd(e){return!e.outside.baked&&!e.facts.values.securityUpdates&&!gd(e)?new le("no list of pending security updates was recorded at the bake"):m(e,"securityUpdates").map(t=>`pending: ${t.trim()}`)}o(pd,"checkUpdates");function gd(e){return!/no section/.test(e.facts.missing.securityUpdates??"no section")}o(gd,"wasAsked");function $d(e){if(!e.expectations.packages.present.includes("rke2-selinux"))return new le("the recipe does not install rke2-selinux");const t=m(e,"packages").find(r=>r.name==="container-selinux"),n=m(e,"policyModules").includes("rke2")?[]:["the policy store has no module rke2"];if(!t)return[...n,"container-selinux is not installed"];const s=`${t.epoch}:${t.version}-${t.release}`;return ss(`${t.epoch}:${t.version}`,`${t.epoch}:${ms}`)>=0?n:[...n,`container-selinux is ${s}`]}o($d,"checkPolicy");function wd(e){const{length:t}=m(e,"packages"),n=e.expectations.packages.minimumCount;return t<n?[`${t} packages were found, at least ${n} are expected`]:[]}o(wd,"checkManifest");function kd({outside:{vulnerabilities:e}}){if(!e)return new le("no vulnerability report was given");const{total:t,budget:n}=e;return[...e.new.map(s=>`${s} is new and has a fix`),...n!==void 0&&t>n?[`${t} findings exceed the budget of ${n}`]:[]]}o(kd,"checkVulnerabilities");const bd=[{id:"PKG-1",severity:"must",title:"All packages of the recipe are installed",trace:"original build guide \xA72",expected:"every package under packages.install",mend:"Look at the step that installs packages; a repository may have dropped or renamed one.",check:rd},{id:"PKG-2",severity:"must",title:"No forbidden package is installed",trace:"rke2 install.sh; rke2-selinux.spec Conflicts; RKE2 known issues",expected:"none of packages.absent: RKE2\u2019s own RPMs stop Rancher\u2019s tarball install",mend:"Find what pulls it in (dnf repoquery --whatrequires) and exclude it.",check:ad},{id:"PKG-3",severity:"must",title:"Every package is signed by a known key and unchanged",trace:"replaces gpgcheck=0 of original build guide; D8",expected:"signatures of packages.signers; rpm -Va names only configuration and files of the recipe",mend:"Find where the package came from; list its key under packages.signers only if you trust it.",check:cd},{id:"PKG-4",severity:"must",title:"Repositories are checked, and those of Rancher are off",trace:"rancher/rke2#9305; D8, D24",expected:"enabled repositories have gpgcheck=1 and a key file in the image; each is on or off as declared",mend:"Bake the key as a file and leave the repository disabled unless nodes must update from it.",check:dd},{id:"PKG-5",severity:"must",title:"Enabled repositories are on allowed hosts",trace:"air-gapped sites, D9",expected:"every host in allowed-hosts",mend:"Let a mirror of the recipe replace the distribution\u2019s own repository, or disable it.",check:fd},{id:"PKG-6",severity:"should",title:"One or two kernels, no debug kernel, no firmware",trace:"Rocky kickstart; D28",expected:"at most 2 kernels; no kernel-debug, no linux-firmware unless asked for",mend:"Install with install_weak_deps=False and remove what the update brought.",check:md},{id:"PKG-7",severity:"must",title:"No security update is pending",trace:'original image plan "Monthly security updates"',expected:"an empty dnf updateinfo list --security at the bake",mend:"Bake with packages.update: true; a held-back package needs a look.",check:pd},{id:"PKG-8",severity:"must",title:"The SELinux policy of RKE2 is loaded",trace:"rke2-selinux.spec (el9)",expected:`module rke2 in the policy store, container-selinux \u2265 ${ms}`,mend:"Look at the scriptlet output of rke2-selinux in the build log.",check:$d},{id:"PKG-9",severity:"must",title:"The package manifest is not empty",trace:"Kairos\u2019 false-green guard",expected:"at least packages.minimumCount packages",mend:'The probe saw the wrong database: look at the section "packages" of the facts.',check:wd},{id:"PKG-10",severity:"should",title:"No new serious vulnerability",trace:"facts/golden-images.md \xA72.5",expected:"no new high or critical finding with a fix; total within the budget",mend:"Update the package, or accept the finding in the scan policy with an expiry.",check:kd}];function yd(e){const t=Fe(m(e,"selinuxConfiguration").flatMap(i=>i.lines)),{mode:n,type:s}=e.expectations.selinux;return[...t.SELINUX===n?[]:[`SELINUX=${t.SELINUX??"(not set)"}`],...t.SELINUXTYPE===s?[]:[`SELINUXTYPE=${t.SELINUXTYPE??"(not set)"}`]]}o(yd,"checkMode");function vd(e){const{files:t,directories:n}=e.expectations,s=m(e,"unlabelled"),i=m(e,"mislabelled");return[...[...t,...n].map(a=>({...a,label:Ee(e,a.path)})).filter(({selinuxType:a,label:c})=>a&&c.kind!=="absent"&&c.selinuxType!==a).map(({path:a,label:c,selinuxType:l})=>`${a} is ${c.selinuxType??"unlabelled"}, not ${l}`),...s.total>0?[`${s.total} files without a label: ${s.first.slice(0,3).join(", ")} \u2026`]:[],...i.total>s.total?[`${i.total-s.total} labels differ from the policy`,...i.first]:[]]}o(vd,"checkLabels");const Ed=[{id:"SEL-1",severity:"must",title:"SELinux is on as declared",trace:"original build guide \xA72",expected:"SELINUX and SELINUXTYPE of the recipe in /etc/selinux/config",mend:"Set them in the recipe\u2019s files; nothing else may edit /etc/selinux/config.",check:yd},{id:"SEL-2",severity:"must",title:"No relabelling is due at first boot",trace:"guestfs-tools \u2265 1.50 falls back to it silently; D20",expected:"no /.autorelabel",mend:"Look in the build log for why setfiles failed in the appliance; a relabel means a second boot.",check:o(e=>Se(e,me["SEL-2"]),"check")},{id:"SEL-3",severity:"must",title:"Every file has the label that the policy gives it",trace:"RHEL-108174: setfiles did not cross filesystems",expected:"no file on / and /boot without label; setfiles -n would change none; declared types hold",mend:"Let virt-customize relabel last; with old guestfs-tools relabel /boot in a step of its own.",check:vd}],Sd=new Set(["enabled","alias","static","generated"]),Td=new Set(["disabled","masked","not-found"]);function _e(e,t){const n=m(e,"units").get(t);if(n===void 0)throw new ve("units",`the probe did not look at ${t}`);return n}o(_e,"stateOf");function Id(e){return e.expectations.services.enable.map(t=>({unit:t,state:_e(e,t)})).filter(({state:t})=>!Sd.has(t)).map(({unit:t,state:n})=>`${t} is ${n}`)}o(Id,"checkEnabled");function Rd(e){const{enable:t,disable:n,mask:s}=e.expectations.services,i=Nn.filter(r=>!t.includes(r));return[...s.filter(r=>_e(e,r)!=="masked").map(r=>`${r} is ${_e(e,r)}, not masked`),...[...new Set([...n,...i])].filter(r=>!s.includes(r)&&!Td.has(_e(e,r))).map(r=>`${r} is ${_e(e,r)}`)]}o(Rd,"checkDisabled");function ps(e,t){const n=o(r=>r.replace(/^.*\//,""),"name"),s=o(r=>r.path.startsWith("/usr/")&&e.some(a=>a.path.startsWith("/etc/")&&n(a.path)===n(r.path)),"hidden"),i=e.filter(r=>!s(r)).toSorted((r,a)=>n(r.path)<n(a.path)?-1:1).flatMap(r=>r.lines);for(const r of i){const[a,c]=r.trim().split(/\s+/);if(c&&(a==="enable"||a==="disable")&&_d(c,t))return a}return"enable"}o(ps,"presetOf");function _d(e,t){const n=e.replace(/[.+^${}()|\\]/g,"\\$&").replaceAll("*",".*").replaceAll("?",".");return new RegExp(`^${n}$`).test(t)}o(_d,"globMatches");function Ad(e){const t=m(e,"presets"),{enable:n,disable:s}=e.expectations.services;return[...n.filter(r=>!["static","generated","alias"].includes(_e(e,r))).filter(r=>ps(t,r)!=="enable").map(r=>`a preset would disable ${r}`),...s.filter(r=>_e(e,r)!=="not-found"&&ps(t,r)!=="disable").map(r=>`a preset would enable ${r}`)]}o(Ad,"checkPresets");function xd(e){const t=m(e,"defaultTarget");return[...t==="multi-user.target"?[]:[`the default target is ${t}`],...m(e,"danglingUnits").map(n=>`${n} leads nowhere`)]}o(xd,"checkTarget");const Od=[{id:"UNI-1",severity:"must",title:"All services of the recipe are enabled",trace:"original build guide \xA72",expected:"every unit under services.enable is enabled, or started by its device or socket",mend:"Look at the step that enables services; its package may be missing.",check:Id},{id:"UNI-2",severity:"must",title:"What disturbs RKE2 cannot start",trace:"RKE2 known issues; Rocky kickstart; D21, D31",expected:"services.mask masked (firewalld); services.disable, nm-cloud-setup, kdump, rpcbind and cockpit off",mend:"Mask the unit: disabling does not stop a later dependency.",check:Rd},{id:"UNI-3",severity:"should",title:"A preset run would keep these choices",trace:"systemd machine-id(5): presets are applied at a first boot",expected:"a preset file that names the units under services",mend:"Bake a preset file; EL\u2019s last preset disables everything that is not named.",check:Ad},{id:"UNI-4",severity:"should",title:"The default target is multi-user and no unit link is broken",trace:"facts/golden-images.md \xA74.6",expected:"multi-user.target; every link below /etc/systemd/system leads to a unit",mend:"Set the default target; remove links of packages that are gone.",check:xd}],At=20,Nd=[...sl,...ed,...bd,...bl,...Gl,...Od,...Ed];function Ld(e,t,n={}){const s=Nd.map(i=>Pd(i,{facts:e,expectations:t,outside:n}));return{outcome:Cd(s),results:s}}o(Ld,"judge");function Pd(e,t){const{check:n,...s}=e;try{const i=n(t);return i instanceof le?{...s,status:"skip",found:[],reason:i.reason}:{...s,status:i.length===0?"pass":"fail",found:Md(i)}}catch(i){const r=i instanceof ve?i.message:`the rule itself failed: ${(0,f.bD)(i)}`;return{...s,status:"error",found:[],reason:r}}}o(Pd,"judgeRule");function Cd(e){const t=o((n,...s)=>e.some(i=>i.severity===n&&s.includes(i.status)),"some");return t("must","error")?"error":t("must","fail")?"fail":t("should","fail","error")?"warn":"pass"}o(Cd,"outcomeOf");function Md(e){return e.length<=At?[...e]:[...e.slice(0,At),`and ${e.length-At} more`]}o(Md,"evidence");const gs={pass:"\u2705",fail:"\u274C",error:"\u2757",skip:"\u23ED"},Dd={pass:"ok",fail:"FAIL",error:"ERROR",skip:"skip"},$s=["error","fail","skip","pass"],xt=5;function Ot({results:e}){const t=o(n=>e.filter(s=>s.status===n).length,"count");return`${t("pass")} passed, ${t("fail")} failed, ${t("error")} errors, ${t("skip")} skipped`}o(Ot,"countsOf");function ws(e){const t=Lt(e).filter(r=>r.status==="fail"||r.status==="error"),n=Lt(e).filter(r=>!t.includes(r)),s=t.length===0?"":`| | Rule | Found | Expected | Mend |
|---|---|---|---|---|
${t.map(Ud).join(`
`)}

`,i=n.map(zd).join(`
`);return`**Proof: ${e.outcome}** (${Ot(e)})

${s}<details><summary>${t.length===0?"All":"The other"} ${n.length} rules</summary>

| | Rule | |
|---|---|---|
${i}

</details>
`}o(ws,"verdictMarkdown");function Ud(e){return`| ${[gs[e.status],`${e.id} (${e.severity}) ${e.title}`,Gd(e),e.expected,e.mend].map(nt).join(" | ")} |`}o(Ud,"openRow");function zd(e){return`| ${gs[e.status]} | ${nt(`${e.id} ${e.title}`)} | ${nt(e.reason??"")} |`}o(zd,"restRow");function Gd({found:e,reason:t}){if(t!==void 0)return t;const n=e.length>xt?[`and ${e.length-xt} more`]:[];return[...e.slice(0,xt),...n].join(`
`)}o(Gd,"evidenceOf");function nt(e){return e.replace(/[&<>]/g,t=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[t]).replace(/[\\`*_|[\]]/g,"\\$&").replaceAll(`
`,"<br>")}o(nt,"cell");function ch(e){return`${Lt(e).flatMap(n=>{const s=`${Dd[n.status].padEnd(5)} ${n.id.padEnd(6)} ${n.title}`;if(n.status==="pass")return[s];if(n.status==="skip")return[`${s} (${n.reason})`];const i=n.reason===void 0?n.found:[n.reason];return[s,...i.map(r=>`             ${r}`),`             \u2192 ${n.mend}`]}).join(`
`)}

Proof: ${e.outcome} (${Ot(e)})
`}o(ch,"verdictText");function lh({results:e}){const t=o(i=>e.filter(r=>r.status===i).length,"count"),n=e.map(i=>{const r=`  <testcase classname="${i.id.split("-")[0]}" name="${Nt(`${i.id} ${i.title}`)}"`,a=Nt([...i.found,i.reason??"",i.mend].filter(l=>l!=="").join(`
`));if(i.status==="pass")return`${r}/>`;if(i.status==="skip")return`${r}><skipped message="${Nt(i.reason??"")}"/></testcase>`;const c=i.status==="error"?"error":"failure";return`${r}><${c} type="${i.severity}">${a}</${c}></testcase>`});return`<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="golden image" ${`tests="${e.length}" failures="${t("fail")}" errors="${t("error")}" skipped="${t("skip")}"`}>
${n.join(`
`)}
</testsuite>
`}o(lh,"verdictJunit");const Fd={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&apos;"};function Nt(e){return e.replace(/[&<>"']/g,t=>Fd[t])}o(Nt,"xml");function Lt({results:e}){return e.toSorted((t,n)=>$s.indexOf(t.status)-$s.indexOf(n.status))}o(Lt,"sorted");function dh(){return`# Rules of the offline proof

Every golden image is judged by these rules before it is handed over. A broken **must** stops the build, a broken **should** is a
warning; a rule that cannot be judged, because a fact is missing, is an error and never a pass. Generated from \`src/verify/rules\`.

| Rule | Severity | What | Expected | Mend | From |
|---|---|---|---|---|---|
${RULES.map(({id:t,severity:n,title:s,expected:i,mend:r,trace:a})=>`| ${t} | ${n} | ${[s,i,r,a].map(nt).join(" | ")} |`).join(`
`)}
`}o(dh,"rulesDocument");function Bd(e,{facts:t,result:n},s){const i=On(e.recipe),r=Mc(t),a={url:e.recipe.base.url,sha256:s},{sha256:c,sha512:l}=n;return{verdict:Ld(r,i,{baked:!0,digests:{sha256:c,sha512:l}}),...r.values.packages&&{manifest:Bc(r,{recipe:i.recipe,base:a})}}}o(Bd,"judgeImage");function Hd(e){if(e.outcome==="pass"||e.outcome==="warn")return;const t=e.results.filter(({severity:n,status:s})=>n==="must"&&(s==="fail"||s==="error"));throw new f.eG("IMAGE_UNPROVEN",`The image was baked but breaks ${t.length} rules: ${t.map(({id:n})=>n).join(", ")} (${Ot(e)}).`,{mend:"Nothing was imported. Correct the recipe; each rule says how.",evidence:t.flatMap(Kd)})}o(Hd,"requireProven");function Kd({id:e,title:t,expected:n,found:s,reason:i,mend:r}){return[`${e} ${t}`,`  expected: ${n}`,...s.map(a=>`  found: ${a}`),`  ${i??r}`]}o(Kd,"ruleLines");class Wd{static{o(this,"GoldenBuild")}#e;#t;#n;#i;#s={};#o;#r={};#a=[];#l=!1;constructor(t,n){this.#e=t,this.#t=n,this.#n=new ac.k(n.clock,n.log),this.#i=(0,A.vE)(n.clock)}get timings(){return this.#n.timings}get verdict(){return this.#s.verdict}get held(){return this.#l}get files(){return this.#r}async run(){await this.#t.output.open();try{const{inputs:t,decision:n}=await this.#c("fingerprint",i=>this.#d(i));if(n.skip)return this.#b(n.image,t,n.reason);const s=await this.#u(t);return await this.#c("report",()=>this.#p()),await this.#g(this.#e.debug.when==="always"),this.#y(s,t,n.reason)}catch(t){throw await this.#k((0,f.Oy)(t,"building the golden image")),t}finally{await this.#t.output.close()}}async#d(t){await(0,g.x8)(this.#e,t),await(0,g.v8)(this.#e,t);const n=await Jt(this.#e,this.#t.http,t),s=await tn(this.#e,this.#t.kube,t.signal),i=this.#t.clock.now(),r=en(n,s,{force:this.#e.force,maxAge:this.#e.maxAge,now:i});return t.log.info(`${r.skip?"skipped":"a bake is needed"}: ${r.reason}`),{inputs:n,decision:r}}async#u(t){const n=this.#e,{baseSha256:s,fingerprint:i}=t;this.#s={inputs:t};const{builder:r,baked:a}=await this.#h(s);this.#s={inputs:t,baked:a};const c=await this.#c("proof",()=>this.#w(a,s));this.#s={inputs:t,baked:a,verdict:c};const l=await this.#c("hand-over",p=>r.handOver(a,p)),d=await this.#c("import",p=>Ja(n,{source:l,sha512:a.result.sha512,baseSha256:s,fingerprint:i},p));return this.#s={inputs:t,baked:a,verdict:c,image:d},d}async#h(t){const{log:n,signal:s}=this.#t;for(let i=this.#e.bakeRetries;;i--)try{const r=await this.#c("provision",c=>this.#f(t,c)),a=await this.#c("bake",c=>r.bake(c));return{builder:r,baked:a}}catch(r){if(i<=0||s?.aborted||!Vs(r)||(n.warning(`${(0,f.bD)(r)} Trying again with another builder; tries left: ${i}.`),await this.#m(),this.#a.length>0))throw r}}async#f(t,n){const s=this.#e,{token:i,output:r}=this.#t;return this.#o=Kr({plan:s,baseSha256:t,token:i,record:r.record}),await this.#o.provision(n),this.#o}async#w(t,n){const{output:s}=this.#t;await s.save("facts.json",t.facts);const{verdict:i,manifest:r}=Bd(this.#e,t,n);return this.#s={...this.#s,verdict:i},this.#r={verdict:await s.save("verdict.json",i),...r&&{manifest:await s.save("manifest.json",r)}},Hd(i),i}async#p(t){const{clock:n,origin:s,output:i}=this.#t,{timings:r}=this.#n,a={...this.#s,error:t,timings:r,start:this.#i,end:(0,A.vE)(n)},c=await i.save("build-record.json",Ys(this.#e,s,a));this.#r={...this.#r,buildRecord:c}}async#k(t){const{log:n,signal:s}=this.#t;await this.#p(t).catch(i=>n.warning(`no build record: ${(0,f.bD)(i)}`)),!s?.aborted&&await this.#g(this.#e.debug.when!=="never")}async#g(t){const n=this.#o;if(!t||!n?.hold)return this.#m();const{clock:s,log:i,signal:r}=this.#t,a=(0,A.vE)({...s,now:o(()=>s.now()+this.#e.debug.ttl,"now")});try{const c=await this.#c("cleanup",p=>n.hold(a,p));this.#l=!0;const{namespace:l,runId:d}=this.#e;i.notice([`The builder is left for a look at it until ${a}: run ${d} in namespace ${l}.`,...c,`After that the janitor takes it away; sooner: npx rke2-actions golden destroy-builder --run ${d} --namespace ${l}`].join(`
`))}catch(c){(0,A.Te)(r),i.warning(`the builder cannot be left for a look at it: ${(0,f.bD)(c)}`),await this.#m()}}async#m(){const t=this.#o;if(!t)return;const{log:n,signal:s}=this.#t;try{const i=await this.#c("cleanup",r=>t.cleanUp(r));this.#a=i.left}catch(i){(0,A.Te)(s),n.warning(`cleaning up was not finished: ${(0,f.bD)(i)}`),this.#a=[{what:`objects of run ${this.#e.runId}`,why:(0,f.bD)(i)}]}}#c(t,n){const s=this.#e.phases.find(l=>l.id===t),{kube:i,http:r,clock:a,signal:c}=this.#t;return this.#n.run(s,c,l=>n({...l,kube:i,http:r,clock:a}))}#b(t,n,s){const i=ge(t),r=t.metadata.annotations?.[_.HG]??i.checksum,{size:a,virtualSize:c}=i;return{skipped:!0,reason:s,sha512:r,size:a,virtualSize:c,...this.#$(i,n)}}#y(t,n,s){const{sha512:i,size:r,virtualSize:a}=this.#s.baked.result,{verdict:c}=this.#s;return{skipped:!1,reason:s,sha512:i,size:r,virtualSize:a,...this.#$(t,n),...c&&{verdict:c}}}#$(t,{fingerprint:n}){return{image:t,fingerprint:n,files:this.#r,tfvars:nc(t.displayName),controlPlaneCloudInit:sc(this.#e),workerCloudInit:ic(this.#e),timings:this.#n.timings,left:this.#a}}}function jd(e){return`${[Xd(e),ie("Base image",Jd(e)),ie("Repositories",Qd(e)),ie("Packages",eu(e)),ie("Files",e.files.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}  (${n.origin})`)),ie("Directories",e.directories.map(n=>`${n.mode} ${n.owner}:${n.group}  ${n.path}`)),ie("Downloads",e.downloads.map(n=>`${n.path}
    from ${n.url}
    sha256 ${n.sha256}`)),ie("Services",tu(e)),ie("Open ports",(e.firewall?.ports??[]).map(Yd)),ie("Kernel",nu(e)),ie("Trusted certificates",e.certificates.map(n=>n.name)),ie("Image",su(e)),ie("Steps",dn(e).steps.map((n,s)=>`${String(s+1).padStart(2)}  ${n.id}: ${n.title}`)),ie("Addresses that are fetched from",Vd(e))].filter(n=>n!=="").join(`

`)}
`}o(jd,"planText");function Vd(e){const{url:t,checksumUrl:n}=e.base,s=[n,t,...e.repositories.map(i=>i.baseurl),...e.downloads.map(i=>i.url)];return[...new Set(s.filter(i=>i!==void 0))]}o(Vd,"recipeUrls");function Yd(e){return`${e.protocol} ${qd(e)}  ${e.name}: ${e.purpose}${Zd(e)}`}o(Yd,"portText");function qd({from:e,to:t}){return e===t?`${e}`:`${e}-${t}`}o(qd,"portRange");function Zd({sources:e,interface:t}){return`${e?`, from ${e.join(" ")}`:""}${t?`, on ${t}`:""}`}o(Zd,"restriction");function Xd(e){const t=e.layers.length>0?`
layers: ${e.layers.join(", ")}`:"";return`${e.name}: ${e.description}${t}
digest: sha256:${(0,Ge.dF)(e)}`}o(Xd,"heading");function ie(e,t){return t.length===0?"":`${e}
${t.map(n=>`  ${n}`).join(`
`)}`}o(ie,"section");function Jd({base:e}){const t=e.sha256?`sha256 ${e.sha256}`:`sha256 from ${e.checksumUrl}`;return[e.url,t]}o(Jd,"baseLines");function Qd(e){const t=e.repositories.map(({id:s,baseurl:i,enabled:r,replaces:a})=>{const c=a.length>0?`, instead of ${a.join(", ")}`:"";return`${s}  ${i}  (${r?"stays enabled":"for the bake only"}${c})`}),n=e.otherRepositories==="disable"?"switched off":"kept";return[...t,`the base image's own: ${n}`]}o(Qd,"repositoryLines");function eu({packages:e}){return[...e.update?["update everything"]:[],...e.install.length>0?[`install: ${e.install.join(" ")}`]:[],...e.absent.length>0?[`must be absent: ${e.absent.join(" ")}`]:[]]}o(eu,"packageLines");function tu({services:e}){return Object.entries(e).filter(([,t])=>t.length>0).map(([t,n])=>`${t}: ${n.join(" ")}`)}o(tu,"serviceLines");function nu({kernelCommandLine:e,initramfs:t,kernelModules:n,sysctls:s,selinux:i}){const r=Object.entries(s).map(([a,c])=>`${a} = ${c}`);return[...e.required.length>0?[`command line has: ${e.required.join(" ")}`]:[],...t.drivers.length>0?[`initramfs has: ${t.drivers.join(" ")}`]:[],...n.length>0?[`modules loaded at boot: ${n.join(" ")}`]:[],...r,`SELinux ${i.mode}, ${i.type}`]}o(nu,"kernelLines");function su({image:e}){return[...e.virtualSize?[`grown to ${(0,U.z)(e.virtualSize)}`]:[],...e.maximumSize?[`at most ${(0,U.z)(e.maximumSize)} as a file`]:[],`at least ${e.minimumFreePercent} % of the root filesystem free`]}o(su,"imageLines");var iu=h(2907),Te=h(4481),Pt=h(3866),ou=h(9607);function ru(e){const{GITHUB_RUN_ID:t="local",GITHUB_RUN_ATTEMPT:n="1"}=e;return`${t}-${n}-${(0,I.randomBytes)(3).toString("hex")}`}o(ru,"newRunId");function au(e){const{GITHUB_SERVER_URL:t,GITHUB_REPOSITORY:n,GITHUB_RUN_ID:s}=e,i=s&&`${t}/${n}/actions/runs/${s}`;return{source:Ct({repository:n,sha:e.GITHUB_SHA,ref:e.GITHUB_REF}),trigger:Ct({event:e.GITHUB_EVENT_NAME,actor:e.GITHUB_ACTOR,runId:s,runAttempt:e.GITHUB_RUN_ATTEMPT,runUrl:i}),runner:Ct({name:e.RUNNER_NAME,os:e.RUNNER_OS,arch:e.RUNNER_ARCH})}}o(au,"buildOrigin");function Ct(e){return Object.fromEntries(Object.entries(e).filter(t=>t[1]!==void 0&&t[1]!==""))}o(Ct,"given");function cu(e){const{image:t,files:n}=e;return{"image-id":t.id,"display-name":t.displayName,"storage-class":t.storageClassName,sha512:e.sha512&&`sha512:${e.sha512}`,size:e.size,"virtual-size":e.virtualSize,fingerprint:e.fingerprint&&`sha256:${e.fingerprint}`,skipped:e.skipped,"skip-reason":e.skipped?e.reason:void 0,manifest:n.manifest,verdict:n.verdict,"build-record":n.buildRecord,"phase-timings":ks(e.timings),tfvars:e.tfvars,"control-plane-cloud-init":e.controlPlaneCloudInit,"worker-cloud-init":e.workerCloudInit}}o(cu,"outputsOf");function ks(e){const t=new Map;for(const{phase:n,duration:s}of e)t.set(n,(t.get(n)??0)+s);return Object.fromEntries([...t].map(([n,s])=>[n,Math.round(s/100)/10]))}o(ks,"phaseTimings");class lu{static{o(this,"Problems")}#e=[];#t=[];add(t,n){this.#e.push({at:t,text:n})}addMissing(t,n){this.#t.push(`${t}: ${n}`)}get lacksValues(){return this.#t.length>0}get count(){return this.#e.length+this.#t.length}knows(t){return this.#e.some(n=>n.at&&Ke(n.at)===Ke(t))}lines(){const t=[...new Set(this.#e.map(s=>s.at?.file))],n=[...this.#e].sort((s,i)=>t.indexOf(s.at?.file)-t.indexOf(i.at?.file)||(s.at?.line??0)-(i.at?.line??0)||(s.at?.column??0)-(i.at?.column??0));return[...new Set(n.map(({at:s,text:i})=>s?`${Ke(s)}: ${i}`:i))]}throwIfAny(){if(this.count===0)return;if(this.#e.length===0)throw du(this.#t);const t=[...this.lines(),...this.#t.map(s=>`variable not given: ${s}`)],n=t.length===1?"The recipe has a mistake":`The recipe has ${t.length} mistakes`;throw new f.yo("RECIPE_INVALID",`${n}:
${t.join(`
`)}`,{mend:"Correct the lines named above; docs/recipes/README.md describes every key."})}}function du(e){const t=e.length===1?"a value":`${e.length} values`;return new f.yo("RECIPE_VALUES_MISSING",`The recipe and its layers need ${t} that have no default:
${e.join(`
`)}`,{mend:'Give each as name=value: under "variables" of the action, or with --var on the command line.'})}o(du,"valuesMissing");function Ke(e){return`${e.file}:${e.line}:${e.column}`}o(Ke,"describe");function Ce(e,t){const n=uu(e,t);return n===void 0?"":`; did you mean "${n}"?`}o(Ce,"suggestion");function uu(e,t){const s=t.map(i=>({candidate:i,edits:fu(bs(e),bs(i))})).sort((i,r)=>i.edits-r.edits)[0];return s&&s.edits<=Math.max(1,Math.floor(e.length/3))?s.candidate:void 0}o(uu,"nearest");const bs=o(e=>e.replace(/[-_]/g,"").toLowerCase(),"normal");function fu(e,t){let n=Array.from({length:t.length+1},(s,i)=>i);for(const[s,i]of[...e].entries()){const r=[s+1];for(const[a,c]of[...t].entries())r.push(Math.min(r[a]+1,n[a+1]+1,n[a]+(i===c?0:1)));n=r}return n[t.length]}o(fu,"editDistance");function hu(e,t,n){const s=new ce.HN,i=(0,ce.Tp)(t,{lineCounter:s,uniqueKeys:!1,prettyErrors:!1}),r=o(c=>{const{line:l,col:d}=s.linePos(c);return{file:e,line:Math.max(1,l),column:Math.max(1,d)}},"at");for(const c of[...i.errors,...i.warnings])n.add(r(c.pos[0]),c.message);if(i.errors.length>0)return;const a=Mt(i.contents,r,n);if(a.kind==="map")return a;n.add(a.at,'a recipe file is a map of keys, such as "name: my-image"')}o(hu,"parseSource");function Mt(e,t,n){const s=t(e?.range?.[0]??0);if((0,ce.jh)(e))return mu(e.items,s,t,n);if((0,ce.oP)(e)){const i=e.items.map(r=>Mt(r,t,n));return{kind:"list",at:s,items:i}}return(0,ce.Vj)(e)&&n.add(s,"anchors and aliases are not used in recipes; use a variable or write it out"),{kind:"scalar",at:s,value:(0,ce.jn)(e)?gu(e.value,e.source):null}}o(Mt,"convert");function mu(e,t,n,s){const i=new Map;for(const r of e){const a=n(r.key.range?.[0]??0),c=String((0,ce.jn)(r.key)?r.key.source??r.key.value:r.key),l=i.get(c);if(l){s.add(a,`the key "${c}" is given twice; the first one is in line ${l.keyAt.line}`);continue}const d=r.value?Mt(r.value,n,s):pu(a);i.set(c,{keyAt:a,value:d})}return{kind:"map",at:t,entries:i}}o(mu,"convertMap");const pu=o(e=>({kind:"scalar",at:e,value:null}),"nothing");function gu(e,t){return typeof e=="number"&&t!==void 0&&/^0\d+$/.test(t)?t:typeof e=="bigint"?Number(e):e}o(gu,"scalarOf");function We(e){return e.kind==="scalar"?e.value:e.kind==="list"?e.items.map(We):Object.fromEntries([...e.entries].map(([t,n])=>[t,We(n.value)]))}o(We,"plain");function Ae(e,t){let n=e;for(const s of t){const i=n.kind==="map"?n.entries.get(String(s))?.value:n.kind==="list"?n.items[Number(s)]:void 0;if(!i)break;n=i}return n.at}o(Ae,"positionAt");function Dt(e,t){const n=$u(e,t.slice(0,-1));return(n?.kind==="map"?n.entries.get(String(t.at(-1))):void 0)?.keyAt??Ae(e,t)}o(Dt,"keyPositionAt");function $u(e,t){let n=e;for(const s of t)if(n?.kind==="map")n=n.entries.get(String(s))?.value;else if(n?.kind==="list")n=n.items[Number(s)];else return;return n}o($u,"nodeAt");function Ut(e,t,n){return{...e,entries:new Map([...e.entries,[t,n]])}}o(Ut,"withEntry");function Me(e,t){return{...e,entries:new Map([...e.entries].filter(([n])=>n!==t))}}o(Me,"withoutEntry");const ys={repositories:"id",files:"path",directories:"path",commands:"id",downloads:"path",certificates:"name","firewall.open":"name"};function wu(e,t,n){const s=new ku(n);let i=e;const r=t.entries.get("remove");r&&(i=s.removeFrom(i,r.value,""));const a=t.entries.get("override");a&&(i=s.overrideIn(i,a,""));const l=["layer","description","remove","override"].reduce(Me,t);return s.addTo(i,{keyAt:t.at,value:l},"")}o(wu,"applyLayer");class ku{static{o(this,"Merge")}#e;constructor(t){this.#e=t}addTo(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a),d=l?this.addTo(l.value,c,je(s,a)):c.value;return Ut(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"?this.#t(t,i,s):(this.#e.add(n.keyAt,`"${s}" is already set at ${Ke(t.at)}; to change it, put it under "override:"`),t)}#t(t,n,s){const i=new Map(t.items.map(a=>[ke(a,s),a])),r=n.items.filter(a=>{const c=i.get(ke(a,s));return!c||ke(a,s)===void 0?!0:(this.#e.add(a.at,`"${ke(a,s)}" is already in "${s}" (${Ke(c.at)}); to change it, put it under "override:"`),!1)});return{...t,items:[...t.items,...r]}}overrideIn(t,n,s){const{value:i}=n;return t.kind==="map"&&i.kind==="map"?[...i.entries].reduce((r,[a,c])=>{const l=r.entries.get(a);if(!l){const p=Ce(a,[...r.entries.keys()]);return this.#e.add(c.keyAt,`"${je(s,a)}" is not set before this layer, so nothing is overridden${p}`),r}const d=this.overrideIn(l.value,c,je(s,a));return Ut(r,a,{keyAt:c.keyAt,value:d})},t):t.kind==="list"&&i.kind==="list"&&s in ys?this.#n(t,i,s):i}#n(t,n,s){const i=[...t.items];for(const r of n.items){const a=i.findIndex(c=>ke(c,s)===ke(r,s));a>=0?i[a]=r:this.#s(r,s,i)}return{...t,items:i}}removeFrom(t,n,s){return n.kind==="map"&&t.kind==="map"?[...n.entries].reduce((i,[r,a])=>{const c=i.entries.get(r);if(!c)return this.#e.add(a.keyAt,`"${je(s,r)}" is not there, so nothing is removed${Ce(r,[...i.entries.keys()])}`),i;if(a.value.kind==="scalar"&&a.value.value===!0)return Me(i,r);const d=this.removeFrom(c.value,a.value,je(s,r));return Ut(i,r,{keyAt:c.keyAt,value:d})},t):n.kind==="list"?n.items.reduce((i,r)=>this.#i(i,r,s),t):(this.#e.add(n.at,`"remove" takes the names to remove from "${s}" as a list, or true for all of it`),t)}#i(t,n,s){const i=n.kind==="scalar"?String(n.value):"";if(t.kind==="map"&&t.entries.has(i))return Me(t,i);if(t.kind==="list"){const r=t.items.filter(a=>ke(a,s)!==i);if(r.length<t.items.length)return{...t,items:r}}return this.#s(n,s,t.kind==="list"?t.items:[]),t}#s(t,n,s){const i=ke(t,n)??bu(t),r=s.map(a=>ke(a,n)).filter(a=>a!==void 0);this.#e.add(t.at,`"${i}" is not in "${n}"${Ce(String(i),r)}`)}}function ke(e,t){const n=e.kind==="map"&&e.entries.has("item")?"item":ys[t],s=e.kind==="map"&&n?e.entries.get(n)?.value:e;return s?.kind==="scalar"&&s.value!==null?String(s.value):void 0}o(ke,"identityOf");const bu=o(e=>e.kind==="scalar"?String(e.value):"this item","plainText"),je=o((e,t)=>e===""?t:`${e}.${t}`,"join");function yu(e){return{ipv4:vs("ipv4",e),ipv6:vs("ipv6",e),ports:e}}o(yu,"renderFirewall");const vu={ipv4:`# Packets of the node to itself.
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
`};function vs(e,t){const n=t.map(s=>Eu(e,s)).join("");return`*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${vu[e]}${n}COMMIT
`}o(vs,"rules");function Eu(e,t){const n=t.sources?.filter(c=>Su(c)===e);if(n?.length===0)return"";const s=t.from===t.to?`${t.from}`:`${t.from}:${t.to}`,i=`-p ${t.protocol} -m ${t.protocol} --dport ${s} -j ACCEPT`,r=t.interface?`-i ${t.interface} `:"",a=(n??[void 0]).map(c=>`-A INPUT ${c?`-s ${c} `:""}${r}${i}
`);return`# ${t.purpose}.
${a.join("")}`}o(Eu,"portRules");function Su(e){return e.includes(":")?"ipv6":"ipv4"}o(Su,"familyOf");const Es=["control-plane","worker"],Tu=["ssh","rke2","etcd","expose-control-plane-metrics","nodeport","cilium-vxlan","cilium-health","cilium-hubble","cilium-metrics","cilium-wireguard","node-exporter"],De=["control-plane"],de=Es,Iu=[{feature:"ssh",roles:de,audience:"administrators",name:"ssh",protocol:"tcp",from:22,purpose:"SSH"},{feature:"rke2",roles:De,audience:"anyone",name:"kube-apiserver",protocol:"tcp",from:6443,purpose:"Kubernetes API"},{feature:"rke2",roles:De,audience:"nodes",name:"rke2-supervisor",protocol:"tcp",from:9345,purpose:"RKE2 supervisor: joining nodes"},{feature:"rke2",roles:de,audience:"nodes",name:"kubelet",protocol:"tcp",from:10250,purpose:"kubelet: logs, exec, metrics"},{feature:"etcd",roles:De,audience:"nodes",name:"etcd",protocol:"tcp",from:2379,to:2380,purpose:"etcd clients and peers"},{feature:"expose-control-plane-metrics",roles:De,audience:"nodes",name:"etcd-metrics",protocol:"tcp",from:2381,purpose:"etcd metrics"},{feature:"expose-control-plane-metrics",roles:De,audience:"nodes",name:"kube-controller-manager",protocol:"tcp",from:10257,purpose:"kube-controller-manager metrics"},{feature:"expose-control-plane-metrics",roles:De,audience:"nodes",name:"kube-scheduler",protocol:"tcp",from:10259,purpose:"kube-scheduler metrics"},{feature:"nodeport",roles:de,audience:"anyone",name:"nodeport-tcp",protocol:"tcp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"nodeport",roles:de,audience:"anyone",name:"nodeport-udp",protocol:"udp",from:3e4,to:32767,purpose:"NodePort services"},{feature:"cilium-vxlan",roles:de,audience:"nodes",name:"cilium-vxlan",protocol:"udp",from:8472,purpose:"VXLAN overlay between nodes"},{feature:"cilium-health",roles:de,audience:"nodes",name:"cilium-health",protocol:"tcp",from:4240,purpose:"Cilium health checks"},{feature:"cilium-hubble",roles:de,audience:"nodes",name:"hubble-server",protocol:"tcp",from:4244,purpose:"Hubble server"},{feature:"cilium-hubble",roles:de,audience:"nodes",name:"hubble-relay",protocol:"tcp",from:4245,purpose:"Hubble relay"},{feature:"cilium-metrics",roles:de,audience:"nodes",name:"cilium-metrics",protocol:"tcp",from:9962,purpose:"Cilium agent metrics"},{feature:"cilium-wireguard",roles:de,audience:"nodes",name:"cilium-wireguard",protocol:"udp",from:51871,purpose:"WireGuard encryption between nodes"},{feature:"node-exporter",roles:de,audience:"nodes",name:"node-exporter",protocol:"tcp",from:9100,purpose:"Node metrics"}];function Ru(e){return Iu.filter(t=>e.features.includes(t.feature)).filter(t=>t.roles.some(n=>e.roles.includes(n))).map(t=>_u(t,e)).sort(Ss)}o(Ru,"openPorts");function Ss(e,t){return e.from-t.from||e.protocol.localeCompare(t.protocol)||e.name.localeCompare(t.name)}o(Ss,"byNumber");function _u(e,t){const{nodeSources:n,nodeInterface:s,sshSources:i}=t,r={anyone:{},administrators:{...i.length>0&&{sources:i}},nodes:{...n.length>0&&{sources:n},...s&&{interface:s}}}[e.audience],{name:a,protocol:c,from:l,to:d=l,purpose:p}=e;return{name:a,protocol:c,from:l,to:d,purpose:p,...r}}o(_u,"openPort");function Au(e){const{document:t,layers:n}=e,s=zu(e),i=Gu(e),r=t.repositories.map(Ts),a=[...Li(s),...Pi(r),...Ci(t.initramfs.drivers),...Ui(t.services),...Mi(t.sysctls),...Di(t["kernel-modules"]),...zi(i),...t.files.map(Nu)],c=t["allowed-hosts"],l={name:t.name,description:t.description.trim(),layers:n,base:xu(t.base),repositories:r,otherRepositories:t["other-repositories"],...c&&{allowedHosts:c},packages:Ou(t.packages),files:a,directories:t.directories.map(Lu),sysctls:Object.assign({},...Object.values(t.sysctls)),kernelModules:t["kernel-modules"],services:t.services,kernelCommandLine:t["kernel-command-line"],initramfs:t.initramfs,...i&&{firewall:i},selinux:t.selinux,certificates:s,commands:t.commands.map(Pu),downloads:[...Du(t),...t.downloads.map(Cu)],sealing:t.sealing,image:Uu(t.image)};return Bu(e,l),Fu(l,t.release)}o(Au,"resolve");function xu(e){const t=e["checksum-url"];return{url:e.url,...t&&{checksumUrl:t},...e.sha256&&{sha256:e.sha256},arch:e.arch}}o(xu,"resolveBase");function Ts(e){const{id:t,name:n,baseurl:s,enabled:i,replaces:r}=e,{file:a,armoured:c,url:l,sha256:d}=e["gpg-key"];return{id:t,name:n,baseurl:s,gpgKey:c?{file:a,armoured:c}:l&&d?{file:a,url:l,sha256:d}:{file:a},repoGpgcheck:e["repo-gpgcheck"],enabled:i,replaces:r}}o(Ts,"resolveRepository");function Ou(e){const{update:t,install:n,absent:s,signers:i}=e;return{update:t,install:n,absent:s,signers:i,minimumCount:e["minimum-count"]}}o(Ou,"resolvePackages");function Nu(e){const{path:t,mode:n,owner:s,group:i,content:r,template:a}=e,c=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...c&&{selinuxType:c},content:r??a??"",origin:"files"}}o(Nu,"resolveFile");function Lu(e){const{path:t,mode:n,owner:s,group:i,empty:r}=e,a=e["selinux-type"];return{path:t,mode:n,owner:s,group:i,...a&&{selinuxType:a},empty:r}}o(Lu,"resolveDirectory");function Pu(e){const{id:t,title:n,script:s,environment:i}=e,r=Object.entries(i).map(([a,c])=>[a,String(c)]);return{id:t,title:n,script:s,...r.length>0&&{environment:Object.fromEntries(r)}}}o(Pu,"resolveCommand");function Cu(e){return{...e,url:Mu(e.url)}}o(Cu,"resolveDownload");function Mu(e){const t=new URL(e);return t.pathname=t.pathname.replaceAll("+","%2B"),t.href}o(Mu,"encodePlus");function Du(e){return e.repositories.map(Ts).flatMap(({gpgKey:{file:t,url:n,sha256:s}})=>n&&s?[{url:n,sha256:s,path:t,mode:"0644"}]:[])}o(Du,"keyDownloads");function Uu(e){const{"virtual-size":t,"maximum-size":n}=e;return{...t!==void 0&&{virtualSize:t},...n!==void 0&&{maximumSize:n},minimumFreePercent:e["minimum-free-percent"]}}o(Uu,"resolveImage");function zu({document:e,tree:t,problems:n}){return e.certificates.flatMap(({name:s,pem:i},r)=>{const a=ar(s,i);return"wrong"in a?(n.add(Ae(t,["certificates",r,"pem"]),`"${s}": ${a.wrong}`),[]):a})}o(zu,"resolveCertificates");function Gu({document:e,tree:t,problems:n}){const{firewall:s}=e;if(!s)return;const i=Ru({roles:s.roles,features:s.features,nodeSources:s["node-sources"],nodeInterface:s["node-interface"],sshSources:s["ssh-sources"]}),r=s.open.map(({name:a,protocol:c,from:l,to:d=l,sources:p,interface:k,purpose:K},Y)=>(d<l&&n.add(Ae(t,["firewall","open",Y,"to"]),`"${a}": the range ends (${d}) before it begins (${l})`),{name:a,protocol:c,from:l,to:d,purpose:K,...p.length>0&&{sources:p},...k&&{interface:k}}));return yu([...i,...r].sort(Ss))}o(Gu,"resolveFirewall");function Fu(e,t){if(!t)return e;const n={RECIPE:e.name,LAYERS:e.layers.join(" "),...t.fields},s=o(i=>({...e,files:[...e.files,Gi(t.path,{...n,...i})]}),"withFile");return s({[Ge.qj]:`sha256:${(0,Ge.dF)(s({}))}`})}o(Fu,"withRelease");function Bu(e,t){Hu(e,t),Ku(e,t),Wu(e,t)}o(Bu,"findContradictions");function Hu({tree:e,problems:t},n){const s=o((i,r)=>{for(const a of new Set(r.filter((c,l)=>r.indexOf(c)<l)))t.add(Ae(e,i.split(".")),`"${i}" has "${a}" twice`)},"told");s("repositories",n.repositories.map(i=>i.id)),s("files",[...n.files,...n.downloads].map(i=>i.path)),s("directories",n.directories.map(i=>i.path)),s("commands",n.commands.map(i=>i.id)),s("certificates",n.certificates.map(i=>i.name)),s("packages.install",n.packages.install),s("packages.absent",n.packages.absent),s("firewall.open",n.firewall?.ports.map(i=>i.name)??[]);for(const i of["enable","disable","mask"])s(`services.${i}`,n.services[i])}o(Hu,"findDuplicates");function Ku({tree:e,problems:t},n){const{packages:s,services:i,firewall:r}=n,a=o((l,d)=>t.add(Ae(e,l),d),"told");for(const l of s.install.filter(d=>s.absent.includes(d)))a(["packages","absent"],`the package "${l}" is to be installed and to be absent`);for(const l of i.enable.filter(d=>[...i.disable,...i.mask].includes(d)))a(["services","enable"],`the unit "${l}" is to be enabled, and disabled or masked`);const c=["iptables.service","ip6tables.service"].filter(l=>!i.enable.includes(l));r&&c.length>0&&a(["firewall"],`the rules are written but never loaded: "services.enable" lacks ${c.join(" and ")}`)}o(Ku,"findOverlaps");function Wu({tree:e,problems:t},n){if(!n.allowedHosts)return;const s=[...[n.base.url,n.base.checksumUrl].map(i=>({url:i,path:["base"]})),...n.repositories.map(({baseurl:i},r)=>({url:i,path:["repositories",r]})),...n.downloads.map(({url:i})=>({url:i,path:["downloads"]}))];for(const{url:i,path:r}of s){const a=i&&new URL(i).hostname;a&&!n.allowedHosts.includes(a)&&t.add(Ae(e,r),`the host "${a}" (${i}) is not among "allowed-hosts": ${n.allowedHosts.join(", ")}`)}}o(Wu,"findForbiddenHosts");const Is=/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;function zt(e){const t=[];let n=e;for(;;){const s=/\$\$\{|\$\{([^}]*)\}?/.exec(n);if(!s)return n===""&&t.length>0?t:[...t,{text:n}];s.index>0&&t.push({text:n.slice(0,s.index)}),t.push(s[1]===void 0?{text:"${"}:{name:s[1]}),n=n.slice(s.index+s[0].length)}}o(zt,"scan");class ju{static{o(this,"Variables")}#e;#t;#n;#i=new Map;#s=new Set;constructor(t,n,s){this.#e=t,this.#t=n,this.#n=s;for(const i of Object.keys(n))t.has(i)||s.add(void 0,`variable "${i}": the recipe has none of this name${this.#f(i)}`);for(const{declaration:i,at:r}of t.values())this.#r(i,r);for(const i of t.keys())this.#a(i,[])}declaration(t){return this.#e.get(t)?.declaration}value(t,n){if(this.#s.add(t),!this.#e.has(t)){this.#n.add(n,this.#h(t));return}return this.#i.get(t)}substitute(t,n){const s=zt(t),[i]=s;if(s.length===1&&i&&"name"in i)return this.value(i.name,n);const r=s.map(a=>"text"in a?a.text:this.#o(a.name,n));return r.includes(void 0)?void 0:r.join("")}reportUnused(){for(const[t,{at:n}]of this.#e)this.#s.has(t)||this.#n.add(n,`the variable "${t}" is declared but not used anywhere`)}#o(t,n){const s=this.value(t,n);if(!Array.isArray(s))return s===void 0?void 0:String(s);this.#n.add(n,`the variable "${t}" is a list and cannot be part of a longer text`)}#r(t,n){if(typeof t.default=="string")for(const s of zt(t.default))"name"in s&&this.value(s.name,n)}#a(t,n){if(this.#i.has(t))return this.#i.get(t);const{declaration:s,at:i}=this.#e.get(t);if(n.includes(t)){this.#n.add(i,`the defaults of ${[...n,t].map(c=>`"${c}"`).join(" \u2192 ")} refer to each other`);return}const r=Object.hasOwn(this.#t,t)?this.#t[t]:void 0,a=r===void 0?this.#l(t,s,i,n):this.#u(t,s,r,void 0);return this.#i.set(t,a),a}#l(t,n,s,i){const r=n.default;if(r===void 0){this.#n.addMissing(t,n.description);return}if(typeof r!="string")return r;const a=zt(r).map(c=>"text"in c?c.text:this.#d(c.name,[...i,t]));return a.includes(void 0)?void 0:this.#u(t,n,a.join(""),s)}#d(t,n){const s=this.#e.has(t)?this.#a(t,n):void 0;return s===void 0?void 0:String(s)}#u(t,n,s,i){const r=Gt(n,s);if(!("wrong"in r))return r.value;this.#n.add(i,`variable "${t}": ${r.wrong}, found ${JSON.stringify(s)}`)}#h(t){return Is.test(t)?`there is no variable "${t}"${this.#f(t)}`:`"\${${t}" is no variable; write "$\${" for a literal "\${"`}#f(t){return Ce(t,[...this.#e.keys()])}}function Gt(e,t){switch(e.type){case"string":return{value:t};case"url":return t===""||Vu(t)?{value:t}:{wrong:"expected an http or https URL, or nothing"};case"integer":return/^-?\d{1,15}$/.test(t)?{value:Number(t)}:{wrong:"expected a whole number"};case"boolean":return t==="true"||t==="false"?{value:t==="true"}:{wrong:"expected true or false"};case"enum":return e.values?.includes(t)?{value:t}:{wrong:`expected one of ${e.values?.join(", ")}`};case"list":return{value:t.split(`
`).map(n=>n.trim()).filter(n=>n!=="")}}}o(Gt,"readValue");function Vu(e){return URL.canParse(e)&&["http:","https:"].includes(new URL(e).protocol)}o(Vu,"isWebUrl");function Yu(e){return Array.isArray(e)?e.length>0:!!e}o(Yu,"isTruthy");function qu(e,t,n,s){const i=/^(?:(not)\s+)?([a-z][a-z0-9-]*)(?:\s*(==|!=)\s*(.*))?$/.exec(String(e).trim());if(!i||i[1]&&i[3])return s.add(n,`"when" takes: name, not name, name == value, name != value; found ${JSON.stringify(e)}`),!1;const[,r,a,c,l]=i,d=t.value(a,n);if(!c)return Yu(d)!==!!r;const p=t.declaration(a),k=p&&Gt(p,l);return k&&("wrong"in k||p.type==="list")?(s.add(n,`"${a}" can never be ${JSON.stringify(l)}: it is of type ${p.type}`),!1):String(d)===l==(c==="==")}o(qu,"holds");const Ft=u.YjP(),Ie=u.YjP().min(1,"must not be empty"),W=o((e,t)=>u.YjP().regex(e,t),"pattern"),Ue=W(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~-]*[\w@+:,=~.-]$/,'expected an absolute path without "..", double slashes or special characters'),Zu=W(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~*?![\]-]*[\w.*?\]-]$/,"expected an absolute path, where *, ? and [...] may stand for letters"),Bt=W(/^0?[0-7]{3}$|^[0-7]{4}$/,"expected an octal mode such as 0644").transform(e=>e.padStart(4,"0")),st=W(/^[a-z_][a-z0-9_-]*$/,"expected the name of a user or group"),Rs=W(/^[A-Za-z0-9_]+_t$/,"expected an SELinux type such as system_conf_t"),it=u.OZ5({protocol:/^https?$/,error:"expected an http or https URL"}),_s=W(/^[0-9a-f]{64}$/,"expected a sha256 in 64 lower-case hex digits"),xe=W(/^[A-Za-z0-9][\w.-]*$/,'expected letters, digits, ".", "_" and "-"'),As=W(/^[A-Za-z0-9][\w.+-]*$/,"expected the name of a package"),Ht=W(/^[\w@:.\\-]+\.(service|socket|timer|target|path|mount)$/,"expected a unit with its suffix, such as iptables.service"),Kt=u.KCZ([u.zrY(),u.l7s()],{error:"expected a network such as 10.0.0.0/16 or fd00::/64"}),xs=W(/^([\w.+-]{1,15})?$/,"expected the name of a network interface"),Os=W(/^\d/,"expected a size such as 10Gi").transform((e,t)=>{const n=(0,U.L)(e);return n===void 0&&t.addIssue({code:"custom",message:"expected a size such as 10Gi"}),n??0}),F=o(e=>u.YOg(e).default([]),"list"),Ns=u.KCZ([u.euz(""),it],{error:"expected an http or https URL"}).optional(),Ls=u.KCZ([u.euz(""),_s],{error:"expected a sha256 in 64 lower-case hex digits"}).optional(),Xu=u.rej({url:it.describe("qcow2 that the image is made from."),"checksum-url":Ns.describe('Checksum file (BSD or GNU form) with a sha256 line for the file of "url".'),sha256:Ls.describe("Digest of the base, if it is known without a checksum file."),arch:u.k5n(["x86_64"]).default("x86_64")}).refine(e=>e["checksum-url"]||e.sha256,{error:'one of "checksum-url" and "sha256" must be given: a base image is never taken unchecked'}),Ju=u.rej({id:xe,name:Ie,baseurl:it,"gpg-key":u.rej({file:Ue.describe("Where the key is in the image; packages are checked against this file."),armoured:Ft.optional().describe('The key itself, ASCII-armoured; written to "file".'),url:Ns.describe('Where the builder gets the key from; needs "sha256".'),sha256:Ls}).refine(e=>!e.url||e.armoured||e.sha256,{error:'a key that is fetched needs its "sha256": whoever can swap the key can swap the packages'}),"repo-gpgcheck":u.zMY().default(!1).describe("Check the signature of the repository metadata, too."),enabled:u.zMY().default(!1).describe("Enabled in the finished image. During the bake every repository of the recipe is."),replaces:F(xe).describe("Ids of the base image's own repositories that are switched off for this one.")}),Qu=u.rej({path:Ue,mode:Bt.default("0644"),owner:st.default("root"),group:st.default("root"),"selinux-type":Rs.optional().describe("Type the proof expects; it is the policy that assigns it."),content:Ft.optional().describe("Taken as it stands."),template:Ft.optional().describe("Like content, with variables put in.")}).refine(e=>e.content===void 0!=(e.template===void 0),{error:'exactly one of "content" and "template" must be given'}),ef=u.rej({path:Ue,mode:Bt.default("0755"),owner:st.default("root"),group:st.default("root"),"selinux-type":Rs.optional(),empty:u.zMY().default(!1).describe("Nothing may be in it in the finished image.")}),tf=u.rej({name:xe,protocol:u.k5n(["tcp","udp"]),from:u.Whr().min(1).max(65535),to:u.Whr().min(1).max(65535).optional().describe("Last port of a range."),sources:F(Kt),interface:xs.optional(),purpose:Ie}),nf=u.rej({roles:u.YOg(u.k5n(Es)).min(1,"at least one role"),features:u.YOg(u.k5n(Tu)),"node-sources":F(Kt).describe("Networks of the nodes; empty: ports between nodes are open to everyone."),"node-interface":xs.default("").describe("Interface of the cluster network; empty: any."),"ssh-sources":F(Kt).describe("Networks that may reach ssh; empty: everyone."),open:F(tf).describe("Ports beyond those of the features.")}),sf=u.rej({id:W(/^[a-z][a-z0-9-]*$/,'expected lower-case letters, digits and "-"'),title:Ie,script:Ie.describe("Body of a POSIX shell script, run in the image with set -eu; taken as it stands."),environment:u.g1P(W(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),u.KCZ([u.YjP(),u.aig(),u.zMY()])).default({}).describe("Shell variables for the script; variables of the recipe may be put in.")}),of=u.rej({url:it,sha256:_s,path:Ue,mode:Bt.default("0644")}),Ps=u.KCZ([u.YjP(),u.aig(),u.zMY()]).transform(String),rf=u.rej({name:W(/^[a-z][a-z0-9-]{0,39}$/,'expected lower-case letters, digits and "-", at most 40'),description:Ie,base:Xu,repositories:F(Ju),"other-repositories":u.k5n(["keep","disable"]).default("keep").describe("What happens to the base image's own repositories."),"allowed-hosts":u.YOg(Ie).optional().describe("Air gap: the only hosts that may occur in any URL."),packages:u.rej({update:u.zMY().default(!0),install:F(As),absent:F(As),signers:F(W(/^[0-9a-f]{16}$/,"expected a long key id: 16 lower-case hex digits")),"minimum-count":u.Whr().min(1).default(1)}).prefault({}),files:F(Qu),directories:F(ef),sysctls:u.g1P(xe,u.g1P(W(/^[\w./-]+$/,"expected a sysctl key"),Ps)).default({}).describe("Name of a drop-in in /etc/sysctl.d (without .conf) \u2192 keys and values."),"kernel-modules":F(xe),services:u.rej({enable:F(Ht),disable:F(Ht),mask:F(Ht)}).prefault({}),"kernel-command-line":u.rej({required:F(W(/^[^\s"'$\\`]+$/,"expected one argument without quotes")),forbidden:F(W(/^[^\s"'$\\`]+$/,"expected an argument, or the name of one"))}).prefault({}),initramfs:u.rej({drivers:F(xe)}).prefault({}),firewall:nf.optional(),selinux:u.rej({mode:u.k5n(["enforcing","permissive"]).default("enforcing"),type:u.k5n(["targeted","mls","minimum"]).default("targeted")}).prefault({}),certificates:F(u.rej({name:xe,pem:Ie.describe("One or more certificates.")})),commands:F(sf),downloads:F(of),release:u.rej({path:Ue,fields:u.g1P(W(/^[A-Z][A-Z0-9_]*$/,"expected a name in capitals"),Ps).default({})}).optional().describe("A file in the image that tells where it comes from."),sealing:u.rej({removed:F(Zu),emptied:F(Ue)}).prefault({}),image:u.rej({"virtual-size":Os.optional(),"maximum-size":Os.optional(),"minimum-free-percent":u.Whr().min(0).max(95).default(0)}).prefault({})}),af=u.g1P(W(Is,'expected lower-case letters, digits and "-"'),u.rej({type:u.k5n(["string","url","integer","boolean","enum","list"]).default("string"),description:Ie,values:u.YOg(u.YjP()).optional(),default:u.KCZ([u.YjP(),u.aig(),u.zMY(),u.YOg(u.YjP())]).optional()}));function Cs(e,t,n){const s=e.safeParse(We(t));if(s.success)return s.data;for(const i of s.error.issues)cf(i,e,t,n)}o(Cs,"validate");function cf(e,t,n,s){if(e.code==="unrecognized_keys"){const r=hf(t,e.path);for(const a of e.keys){const c=Ce(a,r)||`; known here: ${r.join(", ")}`;s.add(Dt(n,[...e.path,a]),`unknown key "${a}"${c}`)}return}const i=e.code==="invalid_key"?Dt(n,e.path):Ae(n,e.path);s.knows(i)||s.add(i,lf(e,n))}o(cf,"complain");function lf(e,t){const n=e.path.map(String).join(".").replace(/\.(\d+)(?=\.|$)/g,"[$1]"),s=e.path.reduce((r,a)=>r?.[a],We(t));if(s===void 0&&e.path.length>0)return`"${n}" is missing`;if(e.code==="invalid_type")return`"${n}": expected ${uf(e.expected)}, found ${Wt(s)}`;if(e.code==="invalid_value")return`"${n}": expected ${ff(e.values)}, found ${Wt(s)}${Ce(String(s),e.values.map(String))}`;if(e.code==="invalid_key")return`"${n}": ${e.issues[0]?.message??"not a valid key"}`;const i=e.code==="custom"||typeof s=="object"?"":`, found ${Wt(s)}`;return n===""?e.message:`"${n}": ${e.message}${i}`}o(lf,"wording");const df={object:"a map",record:"a map",array:"a list",string:"a text",int:"a whole number",number:"a number",boolean:"true or false"},uf=o(e=>df[e]??e,"typeName"),ff=o(e=>e.length===1?String(e[0]):`one of ${e.join(", ")}`,"valuesOf");function Wt(e){return Array.isArray(e)?"a list":e===null?"nothing":typeof e=="object"?"a map":JSON.stringify(e).slice(0,80)}o(Wt,"shown");function hf(e,t){let n=Ve(e);for(const s of t)n instanceof u.bvH?n=Ve(n.shape[String(s)]):n instanceof u.naA?n=Ve(n.element):n instanceof u.b8S&&(n=Ve(n.valueType));return n instanceof u.bvH?Object.keys(n.shape):[]}o(hf,"keysAt");function Ve(e){return e instanceof u.XiL||e instanceof u.IiU||e instanceof u.xgV?Ve(e.def.innerType):e}o(Ve,"unwrapped");const mf=new Set(["content","script"]);function pf(e,t,n){return new gf(t,n).map(e)}o(pf,"substitute");class gf{static{o(this,"Substitution")}#e;#t;constructor(t,n){this.#e=t,this.#t=n}map(t){const n=new Map;for(const[s,i]of t.entries){const r=mf.has(s)?i.value:this.#n(i.value);r&&n.set(s,{...i,value:r})}return{...t,entries:n}}#n(t){if(t.kind!=="map"||!t.entries.has("when"))return this.#s(t);const n=this.map(Me(t,"when"));if(this.#i(t.entries.get("when").value))return n.entries.get("item")?.value??n}#i(t){const n=t.kind==="scalar"?t.value:void 0;return qu(n,this.#e,t.at,this.#t)}#s(t){return t.kind==="map"?this.map(t):t.kind==="list"?this.#o(t):typeof t.value=="string"?this.#r(t,t.value):t}#o(t){const n=t.items.flatMap(s=>{const i=this.#n(s);return(s.kind!=="list"&&i?.kind==="list"?i.items:[i]).filter(a=>a!==void 0)});return{...t,items:n}}#r(t,n){const s=this.#e.substitute(n,t.at);if(!Array.isArray(s))return{...t,value:s??""};const i=s.map(r=>({kind:"scalar",at:t.at,value:r}));return{kind:"list",at:t.at,items:i}}}async function $f(e){const t=new lu,n=await Ms(e.file,e,t),s=[];for(const d of e.layers){const p=await Ms(wf(e.file,d),e,t);p&&s.push(p)}t.throwIfAny();const i=s.reduce((d,p)=>wu(d,kf(p,t),t),n),r=bf(i,e.variables,t);t.lacksValues&&t.throwIfAny();const a=Cs(rf,r,t);t.throwIfAny();const c=s.map(d=>String(We(d.entries.get("layer").value))),l=Au({document:a,tree:r,layers:c,problems:t});return t.throwIfAny(),l}o($f,"loadRecipe");function wf(e,t){return/[/\\]|\.ya?ml$/.test(t)?t:(0,z.join)((0,z.dirname)(e),"layers",`${t}.yml`)}o(wf,"layerPath");async function Ms(e,t,n){try{return hu(e,await t.readFile(e),n)}catch(s){n.add({file:e,line:1,column:1},`the file cannot be read: ${(0,f.bD)(s)}`);return}}o(Ms,"readSource");function kf(e,t){e.entries.get("layer")||t.add(e.at,'a layer begins with "layer: <name>"');const s=e.entries.get("name");return s&&t.add(s.keyAt,'a layer has no "name" of its own, only "layer: <name>"'),Me(e,"name")}o(kf,"checkLayer");function bf(e,t,n){const s=e.entries.get("variables")?.value,i=s?yf(s,n):new Map,r=new ju(i,t,n),a=pf(Me(e,"variables"),r,n);return r.reportUnused(),a}o(bf,"putVariablesIn");function yf(e,t){const n=e.kind==="map"?Cs(af,e,t):void 0;e.kind!=="map"&&t.add(e.at,'"variables" is a map of names');const s=e.kind==="map"?[...e.entries.keys()]:[];return new Map(s.map(i=>{const r=Dt(e,[i]),a=n?.[i]??{type:"string",description:"",default:""};return vf(i,a,c=>t.add(r,c)),[i,{declaration:a,at:r}]}))}o(yf,"readDeclarations");function vf(e,t,n){const{type:s,values:i}=t;s==="enum"!=(i!==void 0)&&n(`"${e}": "values" belongs to variables of type enum, and only to them`);const r=Sf(t);r&&n(`"${e}": the default is wrong: ${r}`)}o(vf,"load_checkDefault");const Ef={integer:"number",boolean:"boolean",list:"object"};function Sf(e){const{type:t,default:n}=e;if(n===void 0||typeof n=="string"&&n.includes("${"))return;if(typeof n!==(Ef[t]??"string"))return`it is not of type ${t}`;if(t==="list")return;const s=Gt(e,String(n));return"wrong"in s?s.wrong:void 0}o(Sf,"wrongDefault");var Tf=h(4156);const If=(0,z.join)((0,z.dirname)(process.argv[1]??""),"..","..","recipes");function Rf(e,t=If){return/[/\\]|\.ya?ml$/.test(e)?e:(0,z.join)(t,`${e}.yml`)}o(Rf,"recipeFile");function _f(e){const{airgap:t,layers:n}=e;return $f({file:Rf(e.recipe),readFile:o(s=>(0,S.readFile)(s,"utf8"),"readFile"),layers:t&&!n.includes(Ds)?[Ds,...n]:n,variables:Af(e)})}o(_f,"loadInputRecipe");function Af(e){const{airgap:t,"base-image":n,variables:s}=e,[i,r]=[e["rocky-mirror"],e["rke2-mirror"]].map(d=>d?.replace(/\/+$/,"")),a=t&&i?`${i}/images/x86_64/${xf}`:void 0,c={"ca-certificates":e["ca-certificates"],"rocky-url":n??a,"baseos-mirror":i&&`${i}/BaseOS/x86_64/os`,"appstream-mirror":i&&`${i}/AppStream/x86_64/os`,"extras-mirror":i&&`${i}/extras/x86_64/os`,"rke2-url":r,"rke2-key-url":r&&`${r}/public.key`,mirror:t?i:void 0,"allowed-hosts":t?Of([n,i,r]):void 0},l=Object.entries(c).filter(d=>d[1]!==void 0);return{...Object.fromEntries(l),...s}}o(Af,"recipeVariables");const Ds="airgap",xf="Rocky-9-GenericCloud-Base.latest.x86_64.qcow2";function Of(e){const t=e.flatMap(n=>n?[new URL(n).hostname]:[]);return t.length>0?[...new Set(t)].join(`
`):void 0}o(Of,"hostsOf");function Nf(e,t){const[n,s]=[e["cilium-pool-start"],e["cilium-pool-stop"]];return{...t,imageNamePrefix:e["image-name-prefix"],nameTemplate:e["name-template"],version:(0,Tf.E)(e),labels:e.labels,network:e.network,staticNetwork:Cf(e),storageClass:e["storage-class"],builder:Pf(e),proxy:{http:e["http-proxy"],https:e["https-proxy"],no:e["no-proxy"]},builderSshKeys:e["builder-ssh-keys"],sshAuthorizedKeys:e["ssh-authorized-keys"],ciliumPool:n&&s?{start:n,stop:s}:void 0,force:e.force,maxAge:e["max-age"],importRetries:e["import-retries"],bakeRetries:e["bake-retries"],debug:{when:e.debug,ttl:e["debug-ttl"]},limits:Lf(e),bakeLimits:{download:e["download-timeout"],customize:e["customize-timeout"],probe:e["probe-timeout"],compress:e["compress-timeout"]}}}o(Nf,"requestOf");function Lf(e){return{fingerprint:e["fingerprint-timeout"],provision:e["provision-timeout"],bake:e["bake-timeout"],proof:e["proof-timeout"],handOver:e["hand-over-timeout"],import:e["import-timeout"],report:e["report-timeout"],cleanup:e["cleanup-timeout"],stall:e["stall-timeout"]}}o(Lf,"limitsOf");function Pf(e){const t=e["builder-image"];return{cpu:e["builder-cpu"],memory:e["builder-memory"],diskSize:e["builder-disk-size"],image:t===void 0?void 0:{url:t,sha512:e["builder-image-sha512"]},keepImage:e["keep-builder-image"],efi:e["builder-efi"]}}o(Pf,"builderMachine");function Cf(e){const{"static-ip":t,gateway:n,nameservers:s}=e;return t.length===0?void 0:{addresses:t,gateways:n,nameservers:s}}o(Cf,"staticNetwork");var jt=h(2893),Vt=h(1115);function Mf(e,t){const{image:n,verdict:s,left:i}=t,r=new Vt.BD().heading(t.skipped?`Skipped: ${t.reason}`:`Golden image ${n.displayName}`);return r.table(["What","Value"],Df(e,t)),s&&r.raw(ws(s)),r.timeline("Phases",Us(t.timings)),r.details("Use it in a cluster",a=>{a.paragraph("terraform.tfvars").code(t.tfvars,"hcl"),a.paragraph("cloud-init of control-plane nodes").code(t.controlPlaneCloudInit,"yaml"),a.paragraph("cloud-init of workers").code(t.workerCloudInit,"yaml")}),i.length>0&&r.heading("Still there",3).table(["What","Why"],i.map(({what:a,why:c})=>[a,c])),r}o(Mf,"resultSummary");function Df(e,t){const{image:n,sha512:s,size:i,virtualSize:r,fingerprint:a}=t,{recipe:c}=e;return[["Image",n.id],["Storage class",n.storageClassName],["Recipe",[c.name,...c.layers].join(" + ")],["SHA-512",s&&`${s.slice(0,64)}
${s.slice(64)}`],["Size",`${(0,U.z)(i)}${r?`, disk ${(0,U.z)(r)}`:""}`],["Fingerprint",a]].filter(d=>d[1]!==void 0)}o(Df,"imageRows");function Uf({error:e,verdict:t,timings:n}){const s=new Vt.BD().heading(`The golden build failed: ${e.code}`).paragraph(e.message);return e.mend&&s.paragraph(e.mend),t?s.raw(ws(t)):e.evidence.length>0&&s.code(e.evidence.join(`
`),"text"),s.timeline("Phases",Us(n))}o(Uf,"failureSummary");function zf(e,t){return new Vt.BD().heading("Plan of a golden build").paragraph(t).code((0,y.HN)(e).join(`
`),"text")}o(zf,"planSummary");function Us(e){let t=0;return e.flatMap(({phase:n,duration:s,outcome:i,steps:r})=>{const a=t;t+=s;const c=i==="failed";let l=t-r.reduce((p,k)=>p+k.duration,0);const d=r.map((p,k)=>{const K=l;return l+=p.duration,{label:`\xB7 ${p.name}`,start:K,end:l,failed:c&&k===r.length-1}});return[{label:n,start:a,end:t,failed:c},...d]})}o(Us,"bars");async function Gf(e){const{inputs:t,env:n,log:s}=e,i=await _f(t),r=i.certificates.map(({pem:l})=>l),a=(0,Z.V)({ca:r,env:n}),c=await(0,ou.b)(t,{env:n,log:s});try{const{namespace:l}=c,d=(0,y.d5)(Nf(t,{recipe:i,runId:ru(n),namespace:l}),A.ml);await(t["dry-run"]?Ff(d,{...e,kube:c,http:a}):Bf(d,{...e,kube:c,http:a}))}finally{await c.close(),await a.close()}}o(Gf,"build");async function Ff(e,{kube:t,http:n,log:s,signal:i,env:r}){await s.group("Recipe",async()=>s.info(jd(e.recipe)));for(const d of(0,y.HN)(e))s.info(d);const a=o(d=>s.debug(d),"progress"),{decision:c}=await Ws(e,{kube:t,http:n,clock:A.ml,log:s,signal:i,progress:a,step:a}),l=c.skip?"A build would be skipped":"A build would bake";(0,Te.n0)({skipped:!0,"skip-reason":`dry run: ${c.reason}`}),await(0,Te.Sy)(zf(e,`${l}: ${c.reason}.`),r)}o(Ff,"dryRun");async function Bf(e,t){const{kube:n,http:s,log:i,signal:r,env:a}=t,c=new v(Wf(e,t)),l=(0,I.randomBytes)(24).toString("hex");(0,iu.$l)(l);const d={runId:e.runId,namespace:e.namespace};(0,Pt.LZ)(jt.o,d),(0,Te.n0)({"output-folder":c.path});const p=au(a),k=new Wd(e,{kube:n,http:s,clock:A.ml,log:i,signal:r,output:c,origin:p,token:l});try{const K=await k.run();(K.left.length===0||k.held)&&(0,Pt.LZ)(jt._,!0),await Hf(e,K,a)}catch(K){const Y=(0,f.Oy)(K,"building the golden image");k.held&&(0,Pt.LZ)(jt._,!0);const{files:re,timings:be,verdict:Yt}=k;throw(0,Te.n0)({...Kf(re),"phase-timings":ks(be)}),await(0,Te.Sy)(Uf({error:Y,verdict:Yt,timings:be}),a),Y}finally{await(0,Te.IT)(c.files,a)}}o(Bf,"bakeAndReport");async function Hf(e,t,n){(0,Te.n0)(cu(t)),await(0,Te.Sy)(Mf(e,t),n)}o(Hf,"publish");const Kf=o(e=>({manifest:e.manifest,verdict:e.verdict,"build-record":e.buildRecord}),"fileOutputs");function Wf(e,{inputs:t,env:n}){return t["output-folder"]??(0,z.join)(n.RUNNER_TEMP??".",`golden-build-${e.runId}`)}o(Wf,"outputFolder")}),2893:((ue,j,h)=>{h.d(j,{_:o(()=>z,"_"),o:o(()=>I,"o")});const I="run",z="settled"}),2864:((ue,j,h)=>{h.d(j,{V:o(()=>_,"V")});var I=h(7075),z=h(2030),A=h(5145),f=h(6089);const Z=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function V($){const b=URL.canParse($)?new URL($):void 0;if(b&&/^https?:$/.test(b.protocol))return b;throw new A.yo("HTTP_URL",`"${(0,f.B)($)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}o(V,"parseHttpUrl");function S($){const b=Object.entries($.headers??{}).map(([L,P])=>[L.toLowerCase(),P]);return{...$,headers:Object.fromEntries(b)}}o(S,"withLowerCaseHeaders");function B($,b,L){const{body:P,headers:N={},...D}=$,ee=$.method??"GET",q=b===303?ee!=="HEAD":b<303&&ee==="POST",ae=L.to.origin!==L.from.origin,fe=o(ge=>ae&&Z.test(ge)||q&&ge.startsWith("content-"),"dropped"),qe=Object.entries(N).filter(([ge])=>!fe(ge)),Ne={...D,headers:Object.fromEntries(qe)};if(q)return{...Ne,method:"GET"};if(P===void 0)return Ne;if(typeof P=="string"||P instanceof Uint8Array)return{...Ne,body:P};throw new A.eG("HTTP_REDIRECTS",`${(0,f.B)(L.from)} redirects a ${ee} whose body is a stream.`,{mend:`Send it to ${(0,f.B)(L.to)} directly.`})}o(B,"redirected");var v=h(2781),y=h(3464),g=h(7598),w=h(1692);const E=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function T($){const b=$.match(E)??[],L=b.findIndex(N=>!C(N));if(b.length>0&&L<0)return b;const P=b.length===0?"holds no certificate":`is broken at certificate ${L+1}`;throw new A.yo("CA_INVALID",`The CA bundle ${P}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}o(T,"splitPem");function C($){try{return new g.X509Certificate($),!0}catch{return!1}}o(C,"isCertificate");function O($){if($.length!==0)return w.createSecureContext({ca:[...w.getCACertificates("default"),...$.flatMap(T)]})}o(O,"trustContext");const R=4<<20,G=3e4,x=1e4,X=5,Q=new Set([301,302,303,307,308]);function _($={}){const b=new Map,L=o(N=>{const D=b.get(N)??M(N,$.ca??[]);return b.set(N,D),D},"agentFor"),P=o(async(N,D)=>{const ee=(0,y.i)(N,$.env??{});return{url:N,request:D,proxy:ee,agent:await L(ee)}},"hop");return{request:o(async(N,D={})=>Oe(P,V(N),S(D)),"request"),close:o(async()=>{for(const N of b.values())await N.then(D=>D.destroy(),()=>{})},"close")}}o(_,"createHttp");async function M($,b){const L=O(b),{Agent:P,ProxyAgent:N}=await h.e(752).then(h.t.bind(h,4371,19)),D={...L&&{secureContext:L},autoSelectFamily:!0};return $?new N({uri:$,requestTls:D,proxyTls:D,connectTimeout:x}):new P({connect:{...D,timeout:x}})}o(M,"makeAgent");async function Oe($,b,L){const P=L.redirects??X;let[N,D]=[b,L];for(let ee=0;;ee++){const q=await ze(await $(N,D)),{location:ae}=q.headers;if(P===0||!ae||!Q.has(q.status))return q;if(q.body.destroy(),ee===P)throw pe(b,`redirects more than ${P} times`);const fe=URL.canParse(ae,N.href)?new URL(ae,N):void 0;if(!fe||!/^https?:$/.test(fe.protocol))throw pe(N,"redirects to what is no http URL");D=B(D,q.status,{from:N,to:fe}),N=fe}}o(Oe,"follow");function pe($,b){return new A.eG("HTTP_REDIRECTS",`${(0,f.B)($)} ${b}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}o(pe,"badRedirect");async function ze({url:$,request:b,proxy:L,agent:P}){const{signal:N,timeout:D=G}=b,ee=o(q=>N?.aborted?(0,z.Js)(N):(0,v.x)(q,$,L),"explained");(0,z.Te)(N);try{const q=await P.request({origin:$.origin,path:$.pathname+$.search,method:b.method??"GET",headers:{...ot($),...b.headers},body:b.body??null,signal:N??null,headersTimeout:D,bodyTimeout:D}),ae=Ye(q.body,ee);return{status:q.statusCode,headers:rt(q.headers),url:$.href,body:ae,text:o((fe=R)=>at(ae,$,fe),"text")}}catch(q){throw ee(q)}}o(ze,"send");function ot($){if(!$.username)return{};const b=`${decodeURIComponent($.username)}:${decodeURIComponent($.password)}`;return{authorization:`Basic ${Buffer.from(b).toString("base64")}`}}o(ot,"basicAuth");function rt($){const b=o(([L,P])=>[L,[P??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries($).map(b))}o(rt,"flatHeaders");function Ye($,b){const L=new I.PassThrough;$.once("error",P=>L.destroy(b(P))),L.once("close",()=>$.destroy());for(const P of[$,L])P.on("error",()=>{});return $.pipe(L)}o(Ye,"withExplanation");async function at($,b,L){const P=[];let N=0;for await(const D of $){if(N+=D.length,N>L)throw new A.eG("HTTP_TOO_LARGE",`${(0,f.B)(b)} sent more than ${L} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});P.push(D)}return Buffer.concat(P).toString("utf8")}o(at,"readText")}),3464:((ue,j,h)=>{h.d(j,{i:o(()=>f,"i")});var I=h(7030),z=h(5145),A=h(6089);function f(y,g){const w=o(C=>g[C]||g[C.toUpperCase()]||void 0,"read"),E=w(y.protocol==="https:"?"https_proxy":"http_proxy");if(!E||B(y.hostname)||Z(y,w("no_proxy")??""))return;const T=E.includes("://")?E:`http://${E}`;if(URL.canParse(T)&&/^https?:$/.test(new URL(T).protocol))return T;throw new z.yo("PROXY_INVALID",`The proxy "${(0,A.B)(T)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}o(f,"proxyFor");function Z(y,g){const w=v(y.hostname),E=y.port||(y.protocol==="https:"?"443":"80");return g.split(/[\s,]+/).map(T=>T.toLowerCase()).filter(Boolean).some(T=>V(T,w,E))}o(Z,"bypassed");function V(y,g,w){if(y==="*")return!0;if(y.includes("/"))return S(y,g);const[,E,T]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(y)??[];if(E===void 0||T&&T!==w)return!1;const C=v(E).replace(/^\*?\./,"");return g===C||(0,I.isIP)(g)===0&&g.endsWith(`.${C}`)}o(V,"matches");function S(y,g){const[w="",E=""]=y.split("/"),T=(0,I.isIP)(g);if(T===0||(0,I.isIP)(w)!==T||!/^\d+$/.test(E)||Number(E)>(T===4?32:128))return!1;const C=new I.BlockList,O=T===4?"ipv4":"ipv6";return C.addSubnet(w,Number(E),O),C.check(g,O)}o(S,"inBlock");function B(y){const g=v(y);return g==="localhost"||g.endsWith(".localhost")||g==="::1"||/^127\./.test(g)}o(B,"isLoopback");function v(y){return y.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}o(v,"bare")}),4560:((ue,j,h)=>{h.d(j,{x8:o(()=>C,"x8"),v8:o(()=>O,"v8"),$J:o(()=>w,"$J"),rA:o(()=>T,"rA")});var I=h(188),z=h(5145),A=h(775);function f(R,G){const{verb:x,resource:X,subresource:Q}=R,_=Q?`${(0,A.I)(X)}/${Q}`:(0,A.I)(X);return X.namespaced?`${x} ${_} in namespace "${R.namespace??G}"`:`${x} ${_}`}o(f,"permissionText");async function Z(R,G,x){const{manifest:X,signal:Q}=x,_=await Promise.all(G.map(pe=>R.accessReview(pe,{signal:Q}))),M=G.filter((pe,ze)=>!_[ze].allowed);if(M.length===0)return;const Oe=M.map(pe=>`  - ${f(pe,R.namespace)}`);throw new z.eG("KUBE_FORBIDDEN",`The kubeconfig's user lacks ${M.length} of ${G.length} permissions on ${R.server}:
${Oe.join(`
`)}`,{mend:`${X} has a Role with all of them: apply it in that namespace; nothing has been touched.`})}o(Z,"requireAccess");var V=h(5889),S=h(7005);const B=[[I.Tx,["get","list","watch","create","patch","delete"]],[I.dr,["get","list","watch","create","patch","delete"]],[I.Bg,["get"]],[S.cW,["get","create","patch","delete"]],[S.h0,["get","list","delete"]],[S.Dp,["list"]],[S.Dp,["get"],"log"]],v=[[I.MW,["get"]]],y={list:[[I.Tx,["list"]],[I.dr,["list"]]],delete:[[I.Tx,["get","delete"]]],"destroy-builder":[[I.Tx,["get","list","delete"]],[I.dr,["get","list","patch","delete"]],[S.Dp,["list"]],[S.h0,["get","list","delete"]],[S.cW,["get","delete"]]],janitor:[[I.Tx,["get","list","delete"]],[I.dr,["get","list","patch","delete"]],[I.Bg,["get","list","delete"]],[S.Dp,["get","list","delete"]],[S.h0,["get","list","delete"]],[S.cW,["get","list","delete"]]]};function g(R){const G=E(B,[R.namespace]),x=R.network?E(v,[R.network.split("/")[0]]):[];return{questions:[...G,...x],manifest:"docs/rbac/builder.yml"}}o(g,"neededAccess");function w(R,G){const x=R==="janitor"?"docs/rbac/janitor.yml":"docs/rbac/builder.yml";return{questions:E(y[R],G),manifest:x}}o(w,"lifecycleAccess");function E(R,G){return[...new Set(G)].flatMap(x=>R.flatMap(([X,Q,_])=>Q.map(M=>({verb:M,resource:X,namespace:x,..._&&{subresource:_}}))))}o(E,"questionsOf");async function T(R,G){const{kube:x,signal:X,log:Q}=G;try{await Z(x,R.questions,{manifest:R.manifest,signal:X})}catch(_){if(!(((0,V.c4)(_)||(0,V.US)(_))&&"status"in _))throw _;Q.debug("the cluster does not answer questions about permissions")}}o(T,"reviewAccess");function C(R,G){return T(g(R),G)}o(C,"checkAccess");async function O(R,G){if(!R.network)return;const[x,X]=R.network.split("/"),{kube:Q,signal:_}=G;await Q.get(I.MW,{namespace:x,name:X},{signal:_})}o(O,"checkNetwork")}),7468:((ue,j,h)=>{h.d(j,{n:o(()=>A,"n")});var I=h(2041),z=h(329);async function A(f){const{secret:Z,claim:V}=(0,z.kH)(f.runId),S=await(0,I.s2)({...f,known:{secrets:[Z],claims:[V]}});for(const B of S.removed)f.log.info(`removed ${B}`);for(const{what:B,why:v}of S.left)f.log.warning(`still there: ${B}: ${v}`);return S.removed.length===0&&S.left.length===0&&f.log.info("nothing was left to remove"),S}o(A,"cleanUp")}),6908:((ue,j,h)=>{h.d(j,{Dp:o(()=>f,"Dp"),Hf:o(()=>V,"Hf"),N_:o(()=>z,"N_"),Qr:o(()=>A,"Qr"),b9:o(()=>Z,"b9")});const I=3;function z(v){const{failed:y=0,progress:g=0,storageClassName:w=""}=v.status??{},E=S(v,"Imported"),T=S(v,"RetryLimitExceeded");if(E?.status==="True")return w===""?{state:"importing",progress:g,text:"imported; its storage class is not known yet"}:{state:"imported",storageClassName:w};const C=B(v),O=v.spec.retry??I;return T?.status==="True"||E?.status==="False"||y>O?{state:"failed",message:C||"no reason given",attempts:Math.max(1,y)}:y>0&&T?.message?{state:"retrying",progress:g,text:`attempt ${y} of ${O+1} failed: ${T.message}`}:f(v)?{state:"importing",progress:g,text:`importing, ${g} %`}:{state:"waiting",progress:g,text:"waiting for Harvester to begin the import"}}o(z,"importState");function A(v){return S(v,"BackingImageMissing")?.status==="True"}o(A,"isBroken");function f(v){return S(v,"Initialized")?.status==="True"}o(f,"isInitialized");function Z(v){const{progress:y=0,failed:g=0,size:w=0,conditions:E=[]}=v.status??{},T=E.map(({type:C,status:O,message:R=""})=>`${C}=${O} ${R}`);return JSON.stringify([y,g,w,T])}o(Z,"importPulse");function V(v){return(v.status?.conditions??[]).map(({type:y,status:g,reason:w="",message:E=""})=>`${y}=${g} ${w} ${E}`.trim())}o(V,"conditionLines");function S(v,y){return v.status?.conditions?.find(g=>g.type===y)}o(S,"condition");function B(v){return["RetryLimitExceeded","Imported","Initialized"].map(g=>S(v,g)?.message).find(g=>g)??""}o(B,"failureMessage")}),4481:((ue,j,h)=>{h.d(j,{IT:o(()=>Z,"IT"),Sy:o(()=>V,"Sy"),n0:o(()=>f,"n0")});var I=h(1455),z=h(6421),A=h(1115);function f(S){for(const[B,v]of Object.entries(S))v!==void 0&&z.uH(B,typeof v=="object"?JSON.stringify(v):String(v))}o(f,"setOutputs");async function Z(S,B){const v=B.GITHUB_ARTIFACTS;if(!v)return[];const y=o(w=>!/[=\r\n]|^\s*#/.test(w),"isTaken"),g=S.filter(y).map(w=>`${w}
`);return await(0,I.appendFile)(v,g.join("")),S.filter(w=>!y(w))}o(Z,"declareArtifacts");async function V(S,B){const v=B.GITHUB_STEP_SUMMARY;if(!v)return;const{size:y}=await(0,I.stat)(v).catch(()=>({size:0}));await(0,I.appendFile)(v,S.toString(A.Jt-y))}o(V,"writeSummary")}),1115:((ue,j,h)=>{h.d(j,{BD:o(()=>Z,"BD"),Jt:o(()=>A,"Jt")});var I=h(7975),z=h(5902);const A=(1<<20)-4096,f=`> The rest is cut: a step summary holds at most 1 MiB.
`;class Z{static{o(this,"Summary")}#e=[];heading(w,E=2){return this.raw(`${"#".repeat(E)} ${V(w)}`)}paragraph(w){return this.raw(V(w))}table(w,E){const T=o(C=>`| ${C.map(B).join(" | ")} |`,"line");return this.raw([T(w),`|${w.map(()=>"---").join("|")}|`,...E.map(T)].join(`
`))}code(w,E=""){const T=Math.max(2,...[...w.matchAll(/`+/g)].map(O=>O[0].length)),C="`".repeat(T+1);return this.raw(`${C}${E}
${S(w).replace(/\n$/,"")}
${C}`)}details(w,E){const T=new Z;return E(T),this.raw(`<details><summary>${v(S(w))}</summary>

${T.toString()}
</details>`)}timeline(w,E){if(E.length===0)return this;const T=E.map((O,R)=>{const G=`${y(O.label)} (${(0,z.a)(O.end-O.start)})`,x=O.failed?"crit, ":"";return`    ${G} :${x}p${R}, ${Math.round(O.start)}, ${Math.max(1,Math.round(O.end-O.start))}ms`}),C=["gantt",`    title ${y(w)}`,"    dateFormat x","    axisFormat %M:%S"];return this.raw(`\`\`\`mermaid
${[...C,...T].join(`
`)}
\`\`\``)}raw(w){return this.#e.push(w),this}toString(w=A){const E=this.#e.map(R=>`${R}

`),T=E.join("");if(Buffer.byteLength(T)<=w)return T;if(w<f.length)return"";let C=w-f.length;const O=E.findIndex(R=>(C-=Buffer.byteLength(R),C<0));return E.slice(0,O).join("")+f}}function V(g){return v(S(g)).replace(/[\\`*_[\]#|~$]/g,w=>`\\${w}`)}o(V,"escapeMarkdown");function S(g){return(0,I.stripVTControlCharacters)(g).replace(/[^\P{Cc}\t\r\n]/gu,"")}o(S,"printable");function B(g){return V(g).replace(/\r\n|\r|\n/g,"<br>")}o(B,"escapeCell");function v(g){return g.replace(/[&<>]/g,w=>({"&":"&amp;","<":"&lt;",">":"&gt;"})[w])}o(v,"escapeHtml");function y(g){return S(g).replace(/[:;,#%\r\n"]/g," ").trim()}o(y,"plain")})};
