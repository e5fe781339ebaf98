/** What makes targets impossible: one platform twice under one tag, one tag for two things. All of it is told. */
import type { Content, Image } from '../model.ts';
import type { PushFile } from './intake.ts';
import { platformKey, platformText } from './naming/platform.ts';
import type { Problems } from './problems.ts';
import type { PushRequest } from './request.ts';
import { imagesOf } from './select.ts';
import { imageTags, type Member, type Target } from './target.ts';

/** Each platform once per tag, each tag for one thing. */
export function checkTargets(request: PushRequest, targets: readonly Target[], problems: Problems): void {
  const owners = new Map<string, string>();
  const claim = (repository: string, tag: string, who: string) => {
    const owner = owners.get(`${repository}:${tag}`);
    if (owner !== undefined && owner !== who)
      problems.add('PUSH_TAG_TWICE', `${repository}:${tag} would name both ${owner} and ${who}`);
    owners.set(`${repository}:${tag}`, who);
  };
  for (const target of targets) {
    checkPlatforms(target, problems);
    if (request.index === 'never' && target.members.length > 1)
      problems.add(
        'PUSH_PLATFORM_TWICE',
        `${nameOf(target)} would be several platforms, but index is "never"`,
      );
    for (const tag of target.tags) claim(target.repository, tag, filesOf(target));
    for (const member of target.members)
      for (const image of imagesOf(member.content))
        for (const tag of imageTags(target, member, image))
          claim(target.repository, tag, imageText(target, member, image));
  }
}

function checkPlatforms(target: Target, problems: Problems): void {
  const seen = new Map<string, Member>();
  for (const member of target.members)
    for (const image of imagesOf(member.content)) {
      const key = platformKey(image.platform);
      const other = seen.get(key);
      if (other && other.content !== member.content)
        problems.add(
          'PUSH_PLATFORM_TWICE',
          `${nameOf(target)} would be ${platformText(image.platform)} twice: ${memberText(other.file, other.content)} and ${memberText(member.file, member.content)}`,
        );
      seen.set(key, member);
    }
}

function nameOf({ repository, tags }: Target): string {
  return `${repository}:${tags[0]}`;
}

function filesOf({ members }: Target): string {
  return members.map(({ file, content }) => memberText(file, content)).join(' + ');
}

function imageText(target: Target, { file, content }: Member, image: Image): string {
  if (target.members.length === 1 && content === image) return filesOf(target);
  return `${memberText(file, content)} for ${platformText(image.platform)}`;
}

function memberText(file: PushFile, { names }: Content): string {
  return names[0] === undefined ? file.label : `${file.label} (${names[0]})`;
}
