/*! Made by vendor.js from preact and htm.

preact 11.2.0

The MIT License (MIT)

Copyright (c) 2015-present Jason Miller

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

htm 3.1.1

Apache License
                           Version 2.0, January 2004
                        http://www.apache.org/licenses/

   TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION

   1. Definitions.

      "License" shall mean the terms and conditions for use, reproduction,
      and distribution as defined by Sections 1 through 9 of this document.

      "Licensor" shall mean the copyright owner or entity authorized by
      the copyright owner that is granting the License.

      "Legal Entity" shall mean the union of the acting entity and all
      other entities that control, are controlled by, or are under common
      control with that entity. For the purposes of this definition,
      "control" means (i) the power, direct or indirect, to cause the
      direction or management of such entity, whether by contract or
      otherwise, or (ii) ownership of fifty percent (50%) or more of the
      outstanding shares, or (iii) beneficial ownership of such entity.

      "You" (or "Your") shall mean an individual or Legal Entity
      exercising permissions granted by this License.

      "Source" form shall mean the preferred form for making modifications,
      including but not limited to software source code, documentation
      source, and configuration files.

      "Object" form shall mean any form resulting from mechanical
      transformation or translation of a Source form, including but
      not limited to compiled object code, generated documentation,
      and conversions to other media types.

      "Work" shall mean the work of authorship, whether in Source or
      Object form, made available under the License, as indicated by a
      copyright notice that is included in or attached to the work
      (an example is provided in the Appendix below).

      "Derivative Works" shall mean any work, whether in Source or Object
      form, that is based on (or derived from) the Work and for which the
      editorial revisions, annotations, elaborations, or other modifications
      represent, as a whole, an original work of authorship. For the purposes
      of this License, Derivative Works shall not include works that remain
      separable from, or merely link (or bind by name) to the interfaces of,
      the Work and Derivative Works thereof.

      "Contribution" shall mean any work of authorship, including
      the original version of the Work and any modifications or additions
      to that Work or Derivative Works thereof, that is intentionally
      submitted to Licensor for inclusion in the Work by the copyright owner
      or by an individual or Legal Entity authorized to submit on behalf of
      the copyright owner. For the purposes of this definition, "submitted"
      means any form of electronic, verbal, or written communication sent
      to the Licensor or its representatives, including but not limited to
      communication on electronic mailing lists, source code control systems,
      and issue tracking systems that are managed by, or on behalf of, the
      Licensor for the purpose of discussing and improving the Work, but
      excluding communication that is conspicuously marked or otherwise
      designated in writing by the copyright owner as "Not a Contribution."

      "Contributor" shall mean Licensor and any individual or Legal Entity
      on behalf of whom a Contribution has been received by Licensor and
      subsequently incorporated within the Work.

   2. Grant of Copyright License. Subject to the terms and conditions of
      this License, each Contributor hereby grants to You a perpetual,
      worldwide, non-exclusive, no-charge, royalty-free, irrevocable
      copyright license to reproduce, prepare Derivative Works of,
      publicly display, publicly perform, sublicense, and distribute the
      Work and such Derivative Works in Source or Object form.

   3. Grant of Patent License. Subject to the terms and conditions of
      this License, each Contributor hereby grants to You a perpetual,
      worldwide, non-exclusive, no-charge, royalty-free, irrevocable
      (except as stated in this section) patent license to make, have made,
      use, offer to sell, sell, import, and otherwise transfer the Work,
      where such license applies only to those patent claims licensable
      by such Contributor that are necessarily infringed by their
      Contribution(s) alone or by combination of their Contribution(s)
      with the Work to which such Contribution(s) was submitted. If You
      institute patent litigation against any entity (including a
      cross-claim or counterclaim in a lawsuit) alleging that the Work
      or a Contribution incorporated within the Work constitutes direct
      or contributory patent infringement, then any patent licenses
      granted to You under this License for that Work shall terminate
      as of the date such litigation is filed.

   4. Redistribution. You may reproduce and distribute copies of the
      Work or Derivative Works thereof in any medium, with or without
      modifications, and in Source or Object form, provided that You
      meet the following conditions:

      (a) You must give any other recipients of the Work or
          Derivative Works a copy of this License; and

      (b) You must cause any modified files to carry prominent notices
          stating that You changed the files; and

      (c) You must retain, in the Source form of any Derivative Works
          that You distribute, all copyright, patent, trademark, and
          attribution notices from the Source form of the Work,
          excluding those notices that do not pertain to any part of
          the Derivative Works; and

      (d) If the Work includes a "NOTICE" text file as part of its
          distribution, then any Derivative Works that You distribute must
          include a readable copy of the attribution notices contained
          within such NOTICE file, excluding those notices that do not
          pertain to any part of the Derivative Works, in at least one
          of the following places: within a NOTICE text file distributed
          as part of the Derivative Works; within the Source form or
          documentation, if provided along with the Derivative Works; or,
          within a display generated by the Derivative Works, if and
          wherever such third-party notices normally appear. The contents
          of the NOTICE file are for informational purposes only and
          do not modify the License. You may add Your own attribution
          notices within Derivative Works that You distribute, alongside
          or as an addendum to the NOTICE text from the Work, provided
          that such additional attribution notices cannot be construed
          as modifying the License.

      You may add Your own copyright statement to Your modifications and
      may provide additional or different license terms and conditions
      for use, reproduction, or distribution of Your modifications, or
      for any such Derivative Works as a whole, provided Your use,
      reproduction, and distribution of the Work otherwise complies with
      the conditions stated in this License.

   5. Submission of Contributions. Unless You explicitly state otherwise,
      any Contribution intentionally submitted for inclusion in the Work
      by You to the Licensor shall be under the terms and conditions of
      this License, without any additional terms or conditions.
      Notwithstanding the above, nothing herein shall supersede or modify
      the terms of any separate license agreement you may have executed
      with Licensor regarding such Contributions.

   6. Trademarks. This License does not grant permission to use the trade
      names, trademarks, service marks, or product names of the Licensor,
      except as required for reasonable and customary use in describing the
      origin of the Work and reproducing the content of the NOTICE file.

   7. Disclaimer of Warranty. Unless required by applicable law or
      agreed to in writing, Licensor provides the Work (and each
      Contributor provides its Contributions) on an "AS IS" BASIS,
      WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or
      implied, including, without limitation, any warranties or conditions
      of TITLE, NON-INFRINGEMENT, MERCHANTABILITY, or FITNESS FOR A
      PARTICULAR PURPOSE. You are solely responsible for determining the
      appropriateness of using or redistributing the Work and assume any
      risks associated with Your exercise of permissions under this License.

   8. Limitation of Liability. In no event and under no legal theory,
      whether in tort (including negligence), contract, or otherwise,
      unless required by applicable law (such as deliberate and grossly
      negligent acts) or agreed to in writing, shall any Contributor be
      liable to You for damages, including any direct, indirect, special,
      incidental, or consequential damages of any character arising as a
      result of this License or out of the use or inability to use the
      Work (including but not limited to damages for loss of goodwill,
      work stoppage, computer failure or malfunction, or any and all
      other commercial damages or losses), even if such Contributor
      has been advised of the possibility of such damages.

   9. Accepting Warranty or Additional Liability. While redistributing
      the Work or Derivative Works thereof, You may choose to offer,
      and charge a fee for, acceptance of support, warranty, indemnity,
      or other liability obligations and/or rights consistent with this
      License. However, in accepting such obligations, You may act only
      on Your own behalf and on Your sole responsibility, not on behalf
      of any other Contributor, and only if You agree to indemnify,
      defend, and hold each Contributor harmless for any liability
      incurred by, or claims asserted against, such Contributor by reason
      of your accepting any such warranty or additional liability.

   END OF TERMS AND CONDITIONS

   APPENDIX: How to apply the Apache License to your work.

      To apply the Apache License to your work, attach the following
      boilerplate notice, with the fields enclosed by brackets "[]"
      replaced with your own identifying information. (Don't include
      the brackets!)  The text should be enclosed in the appropriate
      comment syntax for the file format. We also recommend that a
      file or class name and description of purpose be included on the
      same "printed page" as the copyright notice for easier
      identification within third-party archives.

   Copyright 2018 Google Inc.

   Licensed under the Apache License, Version 2.0 (the "License");
   you may not use this file except in compliance with the License.
   You may obtain a copy of the License at

       http://www.apache.org/licenses/LICENSE-2.0

   Unless required by applicable law or agreed to in writing, software
   distributed under the License is distributed on an "AS IS" BASIS,
   WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
   See the License for the specific language governing permissions and
   limitations under the License.
*/
var l_=function(e,_,t,o){var c;_[0]=0;for(var n=1;n<_.length;n++){var u=_[n++],i=_[n]?(_[0]|=u?1:2,t[_[n++]]):_[++n];u===3?o[0]=i:u===4?o[1]=Object.assign(o[1]||{},i):u===5?(o[1]=o[1]||{})[_[++n]]=i:u===6?o[1][_[++n]]+=i+"":u?(c=e.apply(i,l_(e,i,t,["",null])),o.push(c),i[0]?_[0]|=2:(_[n-2]=0,_[n]=c)):o.push(i)}return o},s_=new Map;function a_(e){var _=s_.get(this);return _||(_=new Map,s_.set(this,_)),(_=l_(this,_.get(e)||(_.set(e,_=(function(t){for(var o,c,n=1,u="",i="",s=[0],h=function(l){n===1&&(l||(u=u.replace(/^\s*\n\s*|\s*\n\s*$/g,"")))?s.push(0,l,u):n===3&&(l||u)?(s.push(3,l,u),n=2):n===2&&u==="..."&&l?s.push(4,l,0):n===2&&u&&!l?s.push(5,0,!0,u):n>=5&&((u||!l&&n===5)&&(s.push(n,0,u,c),n=6),l&&(s.push(n,l,0,c),n=6)),u=""},f=0;f<t.length;f++){f&&(n===1&&h(),h(f));for(var d=0;d<t[f].length;d++)o=t[f][d],n===1?o==="<"?(h(),s=[s],n=3):u+=o:n===4?u==="--"&&o===">"?(n=1,u=""):u=o+u[0]:i?o===i?i="":u+=o:o==='"'||o==="'"?i=o:o===">"?(h(),n=1):n&&(o==="="?(n=5,c=u,u=""):o==="/"&&(n<5||t[f][d+1]===">")?(h(),n===3&&(s=s[0]),n=s,(s=s[0]).push(2,0,n),n=0):o===" "||o==="	"||o===`
`||o==="\r"?(h(),n=2):u+=o),n===3&&u==="!--"&&(n=4,s=s[0])}return h(),s})(e)),_),arguments,[])).length>1?_:_[0]}var v,d_,$_,H,K,B,m_,I,v_,X,Q,L_,A=Symbol.for("pv"),O={},V=[],R_=/^m(i|n|o|s|text|space)$/,Y=Array.isArray,Z=V.slice,N=Object.assign;function U(e){e&&e.parentNode&&e.remove()}function g_(e,_,t){var o,c,n,u={},i=arguments.length;for(n in _)n=="key"?o=_[n]:n=="ref"&&typeof e!="function"?c=_[n]:u[n]=_[n];return i>2&&(u.children=i>3?Z.call(arguments,2):t),W(e,u,o,c,null)}function W(e,_,t,o,c){var n={type:e,props:_,key:t,ref:o,__k:null,__:null,__b:0,__e:null,__c:null,constructor:A,__v:c||++d_,__i:-1,__u:0};return!c&&v.vnode&&v.vnode(n),n}function z(e){return e.children}function j(e,_){this.props=e,this.context=_,this.__g=0}function T(e,_){if(_==null)return e.__&&T(e.__,e.__i+1);for(var t;_<e.__k.length;_++)if((t=e.__k[_])&&t.__e)return t.__e;return typeof e.type!="function"||e.props.__P?null:T(e)}function I_(e){var _,t=e.__v,o=t.__e,c=[],n=[],u=e.__P;u&&((_=N({constructor:A},t)).__v=t.__v+1,v.vnode&&v.vnode(_),__(u,_,t,e.__n,u.namespaceURI,32&t.__u?[o]:null,c,o||T(t),32&t.__u,n),_.__v=t.__v,_.__.__k[_.__i]=_,C_(c,_,n),t.__=t.__e=null,_.__e!=o&&y_(_))}function y_(e){if((e=e.__)&&e.__c&&!e.props.__P)return e.__e=null,e.__k.some(function(_){return _&&(e.__e=_.__e)}),y_(e)}function p_(e){(8&e.__g||(e.__g|=8,H.push(e),B++))&&K==v.debounceRendering||((K=v.debounceRendering)||queueMicrotask)(k_)}function k_(){try{for(var e,_=1;H.length;)H.length>_&&H.sort(m_),e=H.shift(),_=H.length,8&e.__g&&I_(e)}finally{(B=H.length)&&(K||queueMicrotask)(k_)}}function b_(e,_,t,o,c,n,u,i,s,h,f){var d,l,r,a,x,m,g=o.__k||V,p=_.length;for(s=j_(t,_,g,s,p),d=0;d<p;d++)(r=t.__k[d])!=null&&(l=~r.__i&&g[r.__i]||O,r.__i=d,m=__(e,r,l,c,n,u,i,s,h,f),a=r.__e,(l.ref!=r.ref||8&l.__u)&&(l.ref&&e_(l.ref,null,r,l),r.ref&&f.push(r.ref,r.__c||a,r)),x=x||a,4&r.__u?(s=x_(r,s,e,!l.__v),l.__e&&(l.__e=null)):typeof r.type=="function"&&m!==void 0?s=m:a&&(s=a.nextSibling),r.__u&=-21);return t.__e=x,s}function j_(e,_,t,o,c){var n,u,i,s,h,f,d,l,r,a=t.length,x=a,m=0,g=0,p=e.__k=Array(c);for(n=0;n<c;n++)(u=_[n])!=null&&typeof u!="boolean"&&typeof u!="function"?(typeof u!="object"||u.constructor===String?u=p[n]=W(null,u):Y(u)?u=p[n]=W(z,{children:u}):u.constructor===A&&u.__b?u=p[n]=W(u.type,u.props,u.key,u.ref,u.__v):p[n]=u,s=n+m,u.__=e,u.__b=e.__b+1,i=null,~(h=u.__i=q_(u,t,s,x))&&(x--,(i=t[h])&&(i.__u|=2)),i&&i.__v?(u.__u|=16,h==s-1?m--:h==s+1?m++:h!=s&&(h>s?m--:m++,g=1)):(~h||(c>a?m--:c<a&&m++),typeof u.type!="function"&&(u.__u|=4))):p[n]=null;if(g){for(f=[],d=[],n=0;n<c;n++)if((u=p[n])&&16&u.__u){for(m=0,l=f.length;m<l;)f[r=m+l>>1]<u.__i?m=r+1:l=r;f[m]=u.__i,d[n]=m+1}for(m=f.length;n--;)d[n]&&(d[n]==m?m--:p[n].__u|=4)}if(x)for(n=0;n<a;n++)!(i=t[n])||2&i.__u||(i.__e==o&&(o=T(i)),t_(i,i));return o}function x_(e,_,t,o){var c,n,u,i;if(typeof e.type=="function"){if(e.props.__P)return _;if(c=e.__k)for(n=0;n<c.length;n++)c[n]&&(c[n].__=e,_=x_(c[n],_,t,!1));return _}for(_&&!_.parentNode&&(_=T(e))&&!_.parentNode&&(_=null),u=e.__e,i=_;i&&i.nodeType==8;)i=i.nextSibling;for(u!=i&&(!o&&t.moveBefore&&u.parentNode?t.moveBefore(u,_):t.insertBefore(u,_||null)),_=u;(_=_&&_.nextSibling)&&_.nodeType==8&&!_.data.startsWith("$s"););return _}function q_(e,_,t,o){var c,n=e.key,u=e.type,i=_[t],s=i&&!(2&i.__u);if(i===null&&n==null||s&&n==i.key&&u==i.type)return t;if(o>(s?1:0)){for(c=t-1;c>=0;c--)if((i=_[c])&&!(2&i.__u)&&n==i.key&&u==i.type)return c;for(c=t+1;c<_.length;c++)if((i=_[c])&&!(2&i.__u)&&n==i.key&&u==i.type)return c}return-1}function h_(e,_,t){t==null&&(t=""),_[0]=="-"?e.setProperty(_,t):e[_]=t}function R(e,_,t,o,c){var n,u;if(_=="style")if(typeof t=="string")e.style.cssText=t;else{if(typeof o=="string"&&(e.style.cssText=o=""),o)for(_ in o)t&&_ in t||h_(e.style,_);if(t)for(_ in t)o&&t[_]==o[_]||h_(e.style,_,t[_])}else if(_[0]=="o"&&_[1]=="n")typeof t!="function"&&(t=null),typeof o!="function"&&(o=null),(e.__e||(e.__e={}))[_]=t,t&&o||(u=Q[_]||(Q[_]=B_(_)),(e.__a||(e.__a={}))[_]=X,n=_!=(_=_.replace(v_,"$1")),(_=_.slice(2))[0]<"a"&&(_=_.toLowerCase()),t?e.addEventListener(_,u,n):e.removeEventListener(_,u,n));else{if(c=="http://www.w3.org/2000/svg")_=_.replace(/xlink(H|:h)/,"h").replace(/sName$/,"s");else if(_!="width"&&_!="height"&&_!="href"&&_!="list"&&_!="form"&&_!="tabIndex"&&_!="download"&&_!="rowSpan"&&_!="colSpan"&&_!="role"&&_!="popover"&&_ in e)try{return void(e[_]=t??"")}catch{}if(typeof t=="function")return;t==null||t===!1&&_[4]!="-"?e.removeAttribute(_):e.setAttribute(_,_=="popover"&&t==1?"":t)}}function B_(e){return function(_){var t=this.__e;if(t){if(t=t[e],_[I]==null)_[I]=X++;else if(_[I]<this.__a[e])return;return t(v.event?v.event(_):_)}}}function __(e,_,t,o,c,n,u,i,s,h){var f,d,l,r,a,x,m,g,p,w,y,J,c_,L,M,f_,S,D,P=_.type;if(_.constructor!==A)return null;128&t.__u&&(s=32&t.__u,f=t.__c.__z)&&(_.__u|=s,d=n=[],f.nodeType==8?i=q(f,n):n.push(f),i=n[0]||i),(f=v.__b)&&f(_);_:if(typeof P=="function"){l=u.length;try{if(g=_.props,p=(f=P.prototype)&&f.render,w=(f=P.contextType)&&o[f.__c],y=f?w?w.props.value:f.__:o,(r=t.__c)?(_.__c=r,2&r.__g&&(r.__g|=1)):(p?_.__c=r=new P(g,y):(_.__c=r=new j(g,y),r.constructor=P,r.render=V_),w&&w.sub(r),r.state||(r.state={}),r.__n=o,r.__g|=8,r.__h=[],r.__k=[]),p&&(r.__s||(r.__s=r.state),P.getDerivedStateFromProps&&(r.__s==r.state&&(r.__s=N({},r.__s)),N(r.__s,P.getDerivedStateFromProps(g,r.__s)))),a=r.props,x=r.state,r.__v=_,t.__c){if(g!==a&&p&&!P.getDerivedStateFromProps&&r.componentWillReceiveProps&&r.componentWillReceiveProps(g,y),_.__v==t.__v&&!(8&r.__g)||!(4&r.__g)&&r.shouldComponentUpdate&&r.shouldComponentUpdate(g,r.__s,y)===!1){_.__v!=t.__v&&(r.props=g,r.state=r.__s,r.__g&=-9),_.__e=t.__e,_.__k=t.__k,_.__k.some(function(C){C&&(C.__=_)}),V.push.apply(r.__h,r.__k),r.__k=[],r.__h.length&&u.push(r),i=T(t);break _}r.componentWillUpdate&&r.componentWillUpdate(g,r.__s,y),p&&r.componentDidUpdate&&r.__h.push(function(){r.componentDidUpdate(a,x,m)})}else p&&!P.getDerivedStateFromProps&&r.componentWillMount&&r.componentWillMount(),p&&r.componentDidMount&&r.__h.push(r.componentDidMount);r.context=y,r.props=g,r.__P=e,r.__g&=-5,J=v.__r,c_=p?25:0;do r.__g&=-9,J&&J(_),f=r.render(r.props,r.state=r.__s,r.context);while(8&r.__g&&++c_<25);p&&(V.push.apply(r.__h,r.__k),r.__k=[]),r.state=r.__s,r.getChildContext&&(o=N({},o,r.getChildContext())),p&&t.__c&&r.getSnapshotBeforeUpdate&&(m=r.getSnapshotBeforeUpdate(a,x)),L=f&&f.type===z&&f.key==null?f.props.children:f,g.__P&&(f=i,c=(e=g.__P).namespaceURI,s=n=null,t.props&&t.props.__P!=e&&(t.__k.some(function(C){C&&t_(C,C)}),t.__k=null),i=t.__k?T(t,0):null),i=b_(e,Y(L)?L:[L],_,t,o,c,n,u,i,s,h),g.__P&&(_.__e=null,i=f),_.__u&=-161,d&&d.some(U),r.__h.length&&u.push(r),1&r.__g&&(r.__g&=-4)}catch(C){if(u.length=l,_.__v=null,s||n)if(C&&C.then){if(_.__u|=128|s,n){for(~(S=n.indexOf(i||void 0))||(S=n.length);(D=n[S-1])&&D.nodeType==8;)S--;for(;S<n.length;S++)if(D=n[S])if(n[S]=null,M){if(D==f_)break}else{if(D.nodeType!=8)break;D.data.startsWith("$s")&&(f_=q(M=D))}}if(!M){for(;i&&i.nodeType==8&&i.nextSibling;)i=i.nextSibling;M=i}(f=q(M=_.__c.__z||(_.__c.__z=M)))?(_.__e=M,i=f):_.__e=i,i=i&&i.nextSibling}else n&&n.some(U);else _.__e=t.__e;_.__k||(_.__k=t.__k||[]),C&&C.then||w_(_),v.__e(C,_,t)}}else i=_.__e=O_(t.__e,_,t,o,c,n,u,s,h,e);return(f=v.diffed)&&f(_),i}function q(e,_){if(e&&e.nodeType==8&&e.data.startsWith("$s"))for(var t=1;e=e.nextSibling;){if(e.nodeType==8){if(e.data.startsWith("$s"))t++;else if(e.data.startsWith("/$s")&&!--t)return e}_&&_.push(e)}}function w_(e){e&&(e.__c&&(e.__c.__g|=4),e.__k&&e.__k.some(w_))}function C_(e,_,t){for(var o=0;o<t.length;)e_(t[o++],t[o++],t[o++]);v.__c&&v.__c(_,e),e.some(function(c){try{e=c.__h,c.__h=[],e.some(function(n){n.call(c)})}catch(n){v.__e(n,c.__v)}})}function O_(e,_,t,o,c,n,u,i,s,h){var f,d,l,r,a,x,m,g,p=t.props||O,w=_.props,y=_.type;if(y=="svg"?c="http://www.w3.org/2000/svg":y=="math"?c="http://www.w3.org/1998/Math/MathML":c||(c="http://www.w3.org/1999/xhtml"),n){for(f=0;f<n.length;f++)if((a=n[f])&&(y?a.localName==y:a.nodeType==3)){e=a,n[f]=null;break}}if(!e){if(g=h.ownerDocument||document,!y)return g.createTextNode(w);e=g.createElementNS(c,y,w.is?w:h),i&&(v.__m&&v.__m(_,n),i=!1),n=null}if(y){if(h=y=="template"&&e.content||e,n=y=="textarea"&&w.defaultValue!=null?null:n&&Z.call(h.childNodes),!i&&n)for(p={},f=0;f<e.attributes.length;f++)p[(a=e.attributes[f]).name]=a.value;for(f in p)a=p[f],f=="dangerouslySetInnerHTML"?l=a:f=="children"||f in w||f=="value"&&"defaultValue"in w||f=="checked"&&"defaultChecked"in w||R(e,f,null,a,c);for(f in w)a=w[f],f=="children"?r=a:f=="dangerouslySetInnerHTML"?d=a:f=="value"?x=a:f=="checked"?m=a:i&&typeof a!="function"||p[f]===a||R(e,f,a,p[f],c);d?(i||l&&(d.__html==l.__html||d.__html==e.innerHTML)||(e.innerHTML=d.__html),_.__k=[]):(l&&(e.textContent=""),(y=="foreignObject"||c=="http://www.w3.org/1998/Math/MathML"&&R_.test(y))&&(c="http://www.w3.org/1999/xhtml"),b_(h,Y(r)?r:[r],_,t,o,c,n,u,n?n[0]:t.__k&&T(t,0),i,s),n&&n.some(U)),i&&y!="textarea"||(f="value",y=="progress"&&x==null?e.removeAttribute(f):x==null||x===e[f]&&(y!="progress"||x)||R(e,f,x,p[f],c),f="checked",m!=null&&m!=e[f]&&R(e,f,m,p[f],c))}else p===w||i&&e.data==w||(e.data=w);return e}function e_(e,_,t,o){try{typeof e=="function"?_?_.__x=e(_)||1:o&&(o=o.__c||o.__e)&&(_=o.__x)&&(o.__x=null,typeof _=="function"?_():e(null)):e.current=_}catch(c){v.__e(c,t)}}function t_(e,_,t){var o,c,n,u;if(v.unmount&&v.unmount(e),!(o=e.ref)||o.current&&o.current!=e.__e||e_(o,null,_,e),o=e.__c){if(o.componentWillUnmount)try{o.componentWillUnmount()}catch(i){v.__e(i,_)}o.__P=o.__n=null}if(o=e.__k)for(u=0;u<o.length;u++)o[u]&&t_(o[u],_,typeof e.type!="function"||t&&!e.props.__P);!t&&(o=e.__c)&&(o=o.__z)&&(c=q(o,n=[]))&&(o==e.__e&&n.some(U),U(c),U(o)),t||U(e.__e),e.__e=e.__c=e.__=null}function V_(e,_,t){return this.constructor(e,t)}function z_(e,_){var t,o,c,n;v.__&&v.__(e,_),_.nodeType==9&&(_=_.documentElement),o=(t=e&&32&e.__u)?null:_.__k,_.__k=W(z,{children:[e]}),c=[],n=[],__(_,_.__k,o||O,O,_.namespaceURI,o?null:_.firstChild?Z.call(_.childNodes):null,c,o?o.__e:_.firstChild,t,n),C_(c,_.__k,n),_.__k.props.children=null}v={__e:function(e,_,t,o){for(var c,n,u;_=_.__;)if((c=_.__c)&&!(1&c.__g)){c.__g|=4;try{if((u=(n=c.constructor)&&n.getDerivedStateFromError)&&c.setState(n.getDerivedStateFromError(e)),c.componentDidCatch&&(c.componentDidCatch(e,o||{}),u=1),u&&8&c.__g)return void(c.__g|=2)}catch(i){e=i}}throw B=0,e}},d_=0,$_=function(e){return e!=null&&e.constructor===A},j.prototype.setState=function(e,_){var t=this.__s;t&&t!=this.state||(t=this.__s=N({},this.state)),typeof e=="function"&&(e=e(N({},t),this.props)),e&&(N(t,e),this.__v&&(_&&this.__k.push(_),p_(this)))},j.prototype.forceUpdate=function(e){this.__v&&(this.__g|=4,e&&this.__h.push(e),p_(this))},j.prototype.render=z,H=[],B=0,m_=function(e,_){return e.__v.__b-_.__v.__b},I=Symbol(),v_=/(PointerCapture)$|Capture$/i,X=0,Q={},L_=0;var E,b,n_,P_,o_=Object.is,$=0,W_=[],u_=[],k=v,S_=k.__b,H_=k.__r,T_=k.diffed,M_=k.__c,D_=k.unmount,U_=k.__;function G(e,_){k.__h&&k.__h(b,e,$||_),$=0;var t=b.__H||(b.__H={__:[],__h:[]});return e>=t.__.length&&t.__.push({}),t.__[e]}function G_(e){return $=1,J_(F_,e)}function J_(e,_,t){var o=G(E++,2);if(o.t=e,!o.__c&&(o.__=[t?t(_):F_(void 0,_),function(n){var u=(o.__N||o.__)[0],i=o.t(u,n);o_(u,i)||(o.__N=[i,o.__[1]],o.__c.setState({}))}],o.__c=b,!b.__f)){b.__f=!0;var c=b.shouldComponentUpdate;b.shouldComponentUpdate=function(n,u,i){var s=this.__H;if(!s)return!0;var h=!1,f=this.props!=n;if(s.__.some(function(l){l.__N&&(h=!0,o_(l.__[0],l.__N[0])||(f=!0))}),c){var d=c.call(this,n,u,i);return h?d||f:d}return!h||f}}return o.__}function K_(e,_){var t=G(E++,3);!k.__s&&A_(t.__H,_)&&(t.__P=!0,t.__=e,t.u=_,b.__H.__h.push(t))}function Q_(e){return $=5,i_(function(){return{current:e}},[])}function i_(e,_){var t=G(E++,7);return A_(t.__H,_)&&(t.__=e(),t.__H=_),t.__}function X_(e,_){return $=8,i_(function(){return e},_)}function Y_(){var e=G(E++,11);if(!e.__){for(var _=b.__v;!_.__m&&_.__;)_=_.__;var t=_.__m||(_.__m=[0,0]);e.__="P"+t[0]+"-"+t[1]++}return e.__}function Z_(){var e;do{for(;e=u_.shift();)try{F(e)}catch(t){k.__e(t,{__:(e=e.__P)&&e.__v})}for(;e=W_.shift();){var _=e.__H;if(e.__P&&_)try{_.__h.some(F),_.__h.some(r_),_.__h=[]}catch(t){_.__h=[],k.__e(t,e.__v)}}}while(u_.length)}k.__b=function(e){b=null,S_&&S_(e)},k.__=function(e,_){e&&_.__k&&_.__k.__m&&(e.__m=_.__k.__m),U_&&U_(e,_)},k.__r=function(e){H_&&H_(e),E=0;var _=(b=e.__c).__H;_&&(n_==b?b.__h=[]:(_.__h.some(F),_.__h.some(r_),E=0),_.__h=[],_.__.some(function(t){t.__N&&(t.__=t.__N),t.u=t.__N=void 0})),n_=b},k.diffed=function(e){T_&&T_(e);var _=e.__c;_&&_.__H&&(_.__H.__h.length&&E_(W_.push(_)),_.__H.__.some(function(t){t.u&&(t.__H=t.u)})),n_=b=null},k.__c=function(e,_){_.some(function(t){try{t.__h.some(F),t.__h=t.__h.filter(function(o){return!o.__||r_(o)})}catch(o){t.__h=[function(){throw o}]}}),M_&&M_(e,_)},k.unmount=function(e){D_&&D_(e);var _,t,o=e.__c;o&&o.__H&&(o.__H.__.some(function(c){try{if(c.__P&&c.__c){if(t===void 0){for(t=e.__;t&&(!t.__c||!t.__c.__P);)t=t.__;t=t&&t.__c}c.__P=t,E_(u_.push(c))}else F(c)}catch(n){_=n}}),o.__H=void 0,_&&k.__e(_,o.__v))};var N_=typeof requestAnimationFrame=="function";function _e(e){var _,t=function(){clearTimeout(o),N_&&cancelAnimationFrame(_),setTimeout(e)},o=setTimeout(t,35);N_&&(_=requestAnimationFrame(t))}function E_(e){e!=1&&P_==k.requestAnimationFrame||((P_=k.requestAnimationFrame)||_e)(Z_)}function F(e){var _=b,t=e.__c;typeof t=="function"&&(e.__c=void 0,t()),b=_}function r_(e){var _=b;e.__c=e.__(),b=_}function A_(e,_){return!e||e.length!=_.length||_.some(function(t,o){return!o_(t,e[o])})}function F_(e,_){return typeof _=="function"?_(e):_}var ie=a_.bind(g_);export{ie as html,z_ as render,X_ as useCallback,K_ as useEffect,Y_ as useId,i_ as useMemo,Q_ as useRef,G_ as useState};
