var t=Object.defineProperty;var e=(_,o)=>t(_,"name",{value:o,configurable:!0});export const id=988,ids=[988],modules={5988:((_,o,d)=>{d.d(o,{S:e(()=>s,"S")});const s="pod"})};
